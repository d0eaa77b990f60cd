internal import AWS

/// AWS's shared files, read when something first wants them, and then kept: a deployment's variants
/// are made while requests wait.
final class SharedFilesOnce {
    private let environment: (String) -> String?

    private(set) lazy var files = SharedFiles(environment: environment, read: LocalFile.shared)

    init(environment: @escaping (String) -> String?) {
        self.environment = environment
    }
}
