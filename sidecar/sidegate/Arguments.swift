internal import CLinux
internal import EventLoop
internal import Glibc
internal import POSIX

/// The command line, each option of which can also come from a `SIDEGATE_…` variable; the command
/// line wins.
struct Arguments {
    enum Action { case serve, test, probe, version, help }
    enum AccessLogTarget: Equatable { case standardOutput, off, file(String) }

    var action = Action.serve
    var table = ""
    var listen: [SocketAddress] = []
    var adminListen: SocketAddress?
    var workers = 1
    var logLevel = "info"
    var graceSeconds = 30
    var mapsDirectly = false
    var allowsOpen = false
    var requiresCredentials = false
    /// Files of public keys.
    var trustedKeys: [String] = []
    var accessLog = AccessLogTarget.standardOutput

    static let workersMax = 256
    static let graceSecondsMax = 86_400

    static let usage = """
        usage: sidegate --table PATH [options]

          --table PATH              the routing table that sidegatec made
          --listen ADDRESS          HOST:PORT or unix:PATH; may be repeated (127.0.0.1:4000)
          --admin-listen HOST:PORT  probes and metrics only, for the kubelet and scrapers
          --workers N               threads that serve (1)
          --log-level LEVEL         trace, debug, info, notice, warning, error (info)
          --access-log PATH|-|off   JSON lines; - is standard output (-)
          --grace SECONDS           how long a drain waits for open requests (30)
          --trusted-key PATH        take only tables that a public key in this file has signed; may
                                    be repeated
          --map-direct              map the table's file itself instead of a sealed copy
          --allow-open              serve beyond loopback without any key
          --require-credentials     refuse a table with references that have no value
          --test                    load and verify the table, say what is wrong, end
          --probe                   ask the running sidecar whether it is ready, end with 0 or 1
          --version                 print the version
          --help                    print this

        Each option is also read from the environment: SIDEGATE_TABLE, SIDEGATE_LISTEN (addresses
        separated by commas), SIDEGATE_ADMIN_LISTEN, SIDEGATE_WORKERS, SIDEGATE_LOG_LEVEL,
        SIDEGATE_ACCESS_LOG, SIDEGATE_GRACE, SIDEGATE_TRUSTED_KEY (paths separated by commas),
        SIDEGATE_MAP_DIRECT, SIDEGATE_ALLOW_OPEN, SIDEGATE_REQUIRE_CREDENTIALS.
        """

    /// What cannot be understood; the text says what to do.
    struct UsageError: Error { let text: String }

    private static let names = [
        "table", "listen", "admin-listen", "workers", "log-level", "access-log", "grace",
        "trusted-key", "map-direct", "allow-open", "require-credentials", "test", "probe",
        "version", "help",
    ]
    private static let flags: Set<String> = [
        "map-direct", "allow-open", "require-credentials", "test", "probe", "version", "help",
    ]

    init() throws(UsageError) {
        let given = try Arguments.commandLine()
        for name in Arguments.names where !["test", "probe", "version", "help"].contains(name) {
            guard !given.contains(where: { $0.name == name }),
                let value = ProcessEnvironment.value(Arguments.variable(name)), !value.isEmpty
            else { continue }
            if name == "listen" || name == "trusted-key" {
                for part in value.split(separator: ",") { try set(name, String(part)) }
            } else {
                try set(name, value)
            }
        }
        for option in given { try set(option.name, option.value) }
        if listen.isEmpty { try set("listen", "127.0.0.1:4000") }
        if mapsDirectly, !trustedKeys.isEmpty {
            throw UsageError(
                text: "--map-direct goes without --trusted-key: a file that is mapped itself can "
                    + "change after its signature was checked"
            )
        }
        let needsTable = action == .serve || action == .test
        if table.isEmpty, needsTable {
            throw UsageError(text: "no table: give --table PATH (sidegatec compile makes one)")
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(UsageError) {
        switch name {
        case "table": table = value
        case "listen": listen.append(try Arguments.address(name, value))
        case "admin-listen": adminListen = try Arguments.address(name, value)
        case "workers": workers = try Arguments.number(name, value, 1...Arguments.workersMax)
        case "grace":
            graceSeconds = try Arguments.number(name, value, 0...Arguments.graceSecondsMax)
        case "log-level":
            guard DiagnosticsLog.isLevel(value) else {
                throw UsageError(
                    text: "--log-level \(value): trace, debug, info, notice, warning or error"
                )
            }
            logLevel = value
        case "access-log":
            accessLog = value == "-" ? .standardOutput : value == "off" ? .off : .file(value)
        case "trusted-key": trustedKeys.append(value)
        case "map-direct": mapsDirectly = try Arguments.flag(name, value)
        case "allow-open": allowsOpen = try Arguments.flag(name, value)
        case "require-credentials": requiresCredentials = try Arguments.flag(name, value)
        case "test": action = .test
        case "probe": action = .probe
        case "version": action = .version
        default: action = .help
        }
    }

    private static func address(_ name: String, _ text: String) throws(UsageError) -> SocketAddress
    {
        guard let address = SocketAddress(parsing: text) else {
            throw UsageError(
                text: "--\(name) \(text): give HOST:PORT with a numeric host, or unix:PATH"
            )
        }
        return address
    }

    private static func number(
        _ name: String,
        _ text: String,
        _ range: ClosedRange<Int>
    ) throws(UsageError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                text: "--\(name) \(text): a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    private static func flag(_ name: String, _ text: String) throws(UsageError) -> Bool {
        switch text.lowercased() {
        case "", "1", "true", "yes", "on": true
        case "0", "false", "no", "off": false
        default: throw UsageError(text: "\(variable(name)) \(text): true or false")
        }
    }

    private static func variable(_ name: String) -> String {
        "SIDEGATE_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    /// The options in their order, through `getopt_long(3)`.
    private static func commandLine() throws(UsageError) -> [(name: String, value: String)] {
        let texts = unsafe names.map { unsafe strdup($0) }
        defer { unsafe texts.forEach { unsafe free($0) } }
        var options: [option] = unsafe []
        for (place, name) in names.enumerated() {
            let takesValue: CInt = flags.contains(name) ? no_argument : required_argument
            unsafe options.append(
                option(name: texts[place], has_arg: takesValue, flag: nil, val: CInt(1000 + place))
            )
        }
        unsafe options.append(option(name: nil, has_arg: 0, flag: nil, val: 0))
        let arguments = CommandLine.arguments
        var found: [(name: String, value: String)] = []
        var place: CInt = 1
        while true {
            let before = Int(place)
            var text: UnsafePointer<CChar>?
            let code = unsafe sg_next_option(
                CommandLine.argc,
                CommandLine.unsafeArgv,
                options,
                &text,
                &place
            )
            if code == -1 { break }
            guard code >= 1000, names.indices.contains(Int(code) - 1000) else {
                let option = before < arguments.count ? arguments[before] : ""
                let problem = code == CInt(UInt8(ascii: ":")) ? "needs a value" : "is no option"
                throw UsageError(text: "\(option) \(problem); --help lists them")
            }
            let value = unsafe text.map { unsafe String(cString: $0) } ?? ""
            found.append((names[Int(code) - 1000], value))
        }
        guard Int(place) >= arguments.count else {
            throw UsageError(
                text: "\(arguments[Int(place)]): what is this? --help lists the options"
            )
        }
        return found
    }
}
