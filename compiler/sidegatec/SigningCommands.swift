internal import ArgumentParser
internal import Cryptography
internal import POSIX
internal import RouteTable

/// `sidegatec keygen -o FILE`: a pair of keys.
struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a pair of Ed25519 keys to sign tables with.",
        discussion: "The private key goes to FILE, for its owner only, and the public one to "
            + "FILE.pub, both in PEM form. Files that are there are never overwritten."
    )

    @Option(
        name: .shortAndLong,
        help: "Where the private key goes.",
        completion: .file()
    )
    var output: String

    func run() throws {
        let (publicKey, privateText, publicText) = try make()
        let publicPath = output + ".pub"
        do throws(FileError) {
            // The public one first: when it is in the way, no private key is left without it.
            try File.writeNew(publicPath, Array(publicText.utf8), mode: 0o644)
            do throws(FileError) {
                try File.writeNew(output, Array(privateText.utf8), mode: 0o600)
            } catch {
                File.remove(publicPath)
                throw error
            }
        } catch {
            Console.errors.write("sidegatec: \(error.description); nothing is overwritten\n")
            throw ExitCode.badUsage
        }
        Console.errors.write(
            "sidegatec: \(output): keep it secret; \(publicPath): for --trusted-key; "
                + "key \(Hex.encode(publicKey.id))\n"
        )
    }

    private func make() throws -> (Ed25519PublicKey, String, String) {
        try KeyFile.using { () throws(KeyFault) -> (Ed25519PublicKey, String, String) in
            let key = try Ed25519PrivateKey.generate()
            guard let privateText = key.pem, let publicText = key.publicKey.pem else {
                throw .unavailable
            }
            return (key.publicKey, privateText, publicText)
        }
    }
}

/// `sidegatec sign TABLE --key FILE`: appends a signature.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a table; a signature by the same key is replaced."
    )

    @Argument(help: "The table; replaced in one step.", completion: .file())
    var table: String

    @Option(help: "The private key, in PEM form.", completion: .file())
    var key: String

    func run() throws {
        let file = try KeyFile.read(table, sizeMax: RouteTable.signedBytesMax)
        let (signed, id) = try sign(file)
        do throws(FileError) {
            if signed != file { try File.writeAtomically(table, signed) }
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
        Console.errors.write("sidegatec: \(table): signed by \(id)\n")
    }

    private func sign(_ file: [UInt8]) throws -> (file: [UInt8], id: String) {
        let pem = try KeyFile.read(key, sizeMax: KeyFile.bytesMax)
        let privateKey = try KeyFile.using(key) { () throws(KeyFault) -> Ed25519PrivateKey in
            try Ed25519PrivateKey(pem: pem)
        }
        do throws(TableSigningError) {
            let signed = try RouteTable.signed(file, by: privateKey)
            return (signed, Hex.encode(privateKey.publicKey.id))
        } catch {
            Console.errors.write("sidegatec: \(table): \(error.description)\n")
            throw ExitCode.badInput
        }
    }
}

/// `sidegatec verify TABLE --trusted-key FILE…`: what `sidegate --trusted-key` would say.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Say whether a trusted key signed a table, and the table is whole."
    )

    @Argument(help: "The table.", completion: .file())
    var table: String

    @Option(
        help: "A file of public keys in PEM form; may be repeated.",
        completion: .file()
    )
    var trustedKey: [String] = []

    func validate() throws {
        if trustedKey.isEmpty {
            throw ValidationError("Missing expected argument '--trusted-key <trusted-key>'")
        }
    }

    func run() throws {
        var keys: [Ed25519PublicKey] = []
        for path in trustedKey { keys += try KeyFile.publicKeys(path) }
        let trusted = TrustedKeys(keys)
        let opened = try TableFile.open(table, trusted: trusted)
        let signers = opened.signers(trusted).map(Hex.encode).joined(separator: ", ")
        Console.output.write(
            "\(table): signed by \(signers); generation \(opened.generation), digest "
                + "\(opened.digestHex)\n"
        )
    }
}

/// Keys named on the command line.
enum KeyFile {
    /// Far more than the keys of a rotation.
    static let bytesMax = 64 << 10

    static func publicKeys(_ path: String) throws -> [Ed25519PublicKey] {
        let pem = try read(path, sizeMax: bytesMax)
        return try using(path) { () throws(KeyFault) -> [Ed25519PublicKey] in
            try Ed25519PublicKey.keys(pem: pem)
        }
    }

    /// What is done with keys.
    ///
    /// - Parameter path: The file that they are from, to be named in the message.
    /// - Throws: status 2, with a message, where it fails.
    static func using<Result: ~Copyable>(
        _ path: String? = nil,
        _ work: () throws(KeyFault) -> Result
    ) throws -> Result {
        do throws(KeyFault) {
            return try work()
        } catch {
            let place = path.map { $0 + ": " } ?? ""
            Console.errors.write("sidegatec: \(place)\(error.description)\n")
            throw ExitCode.badUsage
        }
    }

    static func read(_ path: String, sizeMax: Int) throws -> [UInt8] {
        do throws(FileError) {
            return try File.readAny(path, sizeMax: sizeMax)
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
    }
}
