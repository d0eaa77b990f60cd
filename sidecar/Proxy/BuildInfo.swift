/// What this binary is.
package enum BuildInfo {
    /// Semantic version; `CHANGELOG.md` tells what changed.
    package static let version = "0.1.0"
}
