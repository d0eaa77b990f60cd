internal import CLinux

/// The process's environment variables.
package enum ProcessEnvironment {
    /// The value of a variable; nil when it is not set. Bytes that are not UTF-8 are replaced.
    package static func value(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
