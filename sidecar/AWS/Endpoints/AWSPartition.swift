/// One of AWS's separate clouds: each has its own accounts and its own names of hosts.
package enum AWSPartition: String, CaseIterable, Hashable, Sendable {
    case commercial = "aws"
    case china = "aws-cn"
    case govCloud = "aws-us-gov"
    case europeanSovereign = "aws-eusc"
    case iso = "aws-iso"
    case isoB = "aws-iso-b"
    case isoE = "aws-iso-e"
    case isoF = "aws-iso-f"

    /// The cloud that a region belongs to, which its name says.
    init(regionName: String) {
        self =
            Self.allCases.first { cloud in
                cloud.regionPrefix.map { regionName.hasPrefix($0) } ?? false
            } ?? .commercial
    }

    /// What names of hosts end in.
    package var dnsSuffix: String {
        switch self {
        case .commercial, .govCloud: "amazonaws.com"
        case .china: "amazonaws.com.cn"
        case .europeanSovereign: "amazonaws.eu"
        case .iso: "c2s.ic.gov"
        case .isoB: "sc2s.sgov.gov"
        case .isoE: "cloud.adc-e.uk"
        case .isoF: "csp.hci.ic.gov"
        }
    }

    /// What names of hosts with IPv4 and IPv6 end in; nil where there are none.
    package var dualStackSuffix: String? {
        switch self {
        case .commercial, .govCloud: "api.aws"
        case .china: "api.amazonwebservices.com.cn"
        case .europeanSovereign: "api.amazonwebservices.eu"
        case .iso: "api.aws.ic.gov"
        case .isoB: "api.aws.scloud"
        case .isoE, .isoF: nil
        }
    }

    private var regionPrefix: String? {
        switch self {
        case .commercial: nil
        case .china: "cn-"
        case .govCloud: "us-gov-"
        case .europeanSovereign: "eusc-"
        case .iso: "us-iso-"
        case .isoB: "us-isob-"
        case .isoE: "eu-isoe-"
        case .isoF: "us-isof-"
        }
    }
}
