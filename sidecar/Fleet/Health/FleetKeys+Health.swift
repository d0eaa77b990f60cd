extension FleetKeys {
    /// What upstreams said to health checks: by what was asked.
    package var health: String { key("f:health") }

    /// The same names, by the millisecond at which that was found.
    package var healthFound: String { key("f:health:at") }

    /// What is being asked, by the millisecond at which somebody else may ask it.
    package var healthAsked: String { key("f:health:asks") }
}
