import RouteConfig
import Testing

@Suite("The table of known keys")
struct KnownKeyTests {
    @Test("has one row for each key of a section")
    func unique() {
        var seen: Set<String> = []
        for key in KnownKey.all {
            #expect(
                seen.insert("\(key.section) \(key.name)").inserted,
                "\(key.section) \(key.name)"
            )
        }
    }

    @Test("gives a reason for every key without effect")
    func reasons() {
        for key in KnownKey.all {
            switch key.fate {
            case .noEffect(let reason), .guarded(_, let reason), .refused(let reason):
                #expect(!reason.isEmpty)
            case .parameter, .handled:
                #expect(key.summary.hasSuffix("."), "\(key.section) \(key.name)")
            }
        }
    }

    @Test(
        "suggests the nearest known name",
        arguments: [
            ("num_retry", "num_retries"), ("rooting_strategy", "routing_strategy"),
            ("cooldown_tiem", "cooldown_time"), ("completely_different", nil),
            // LiteLLM's own documentation has it, and LiteLLM ignores it.
            ("enable_pre_call_check", "enable_pre_call_checks"),
        ] as [(String, String?)]
    )
    func nearest(name: String, expected: String?) {
        #expect(KnownKey.nearest(to: name, in: .routerSettings) == expected)
    }
}

@Suite("Values as Python prints them")
struct PythonTextTests {
    @Test(
        "prints floats",
        arguments: [
            (1.0, "1.0"), (0.7, "0.7"), (1e15, "1000000000000000.0"), (1e16, "1e+16"),
            (1.5e16, "1.5e+16"), (123456789.125, "123456789.125"), (0.0001, "0.0001"),
            (0.00001, "1e-05"), (3e-6, "3e-06"), (2.5e-7, "2.5e-07"), (-0.0, "-0.0"),
            (1e100, "1e+100"), (1e-300, "1e-300"), (.infinity, "inf"), (100.0, "100.0"),
        ]
    )
    func floats(value: Double, text: String) {
        #expect(PythonText.repr(value) == text)
    }

    @Test("prints lists as Python, mappings as JSON")
    func identity() {
        let decoded = Decoded(
            """
            model_list:
              - model_name: m
                litellm_params:
                  model: openai/x
                  a: [1, 'two', "it's", null, true, {k: v}]
                  b: {x: [1, "é"], y: 2.0, z: null}
                  c: no
                  d: 1e5
                  e: 2024-10-21
            """
        )
        #expect(
            decoded.config.deployments.first?.identity
                == #"mmodelopenai/xa[1, 'two', "it's", None, True, {'k': 'v'}]"#
                + #"b{"x": [1, "\u00e9"], "y": 2.0, "z": null}cFalsed1e5e2024-10-21"#
        )
    }
}
