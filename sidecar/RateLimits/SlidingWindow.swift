/// What was used in the last 60 seconds, in steps of 250 ms.
///
/// The step that is leaving the window counts whole until it has left: in no 60 seconds is more
/// used than a caller that heeds `used` lets be used, and what it keeps back for that is one step
/// in 241 (`docs/limits.md`). The same steps and the same arithmetic as the scripts' in Redis.
package struct SlidingWindow: Hashable, Sendable {
    /// Milliseconds of a step.
    package static let stepMS: Int64 = 250
    /// Steps of the window, and the one that is leaving it.
    package static let steps: Int64 = 241

    /// By step, modulo `steps`; empty until there is something.
    private var amounts: [Int64] = []
    private var last: Int64 = 0
    /// In the steps that are in the window.
    package private(set) var used: Int64 = 0

    /// Nothing used.
    package init() {}

    /// The step of a time in milliseconds.
    package static func step(_ nowMS: Int64) -> Int64 { nowMS / stepMS }

    /// Lets go of the steps that have left. Time that runs backwards stands still.
    ///
    /// Complexity: O(1) for each step since the last call, at most `steps`.
    package mutating func advance(to step: Int64) {
        guard step > last else { return }
        defer { last = step }
        guard used > 0 else { return }
        guard step - last < Self.steps else {
            amounts.removeAll(keepingCapacity: true)
            used = 0
            return
        }
        for passed in (last + 1)...step {
            let place = Int(passed % Self.steps)
            used -= amounts[place]
            amounts[place] = 0
        }
    }

    /// Takes some at the step advanced to last.
    package mutating func add(_ amount: Int64) { change(last, by: amount) }

    /// Corrects what was taken at a step: more or less, where it is still in the window; else only
    /// more, which counts from now on.
    package mutating func settle(_ step: Int64, by difference: Int64) {
        if step > last - Self.steps, step <= last {
            change(step, by: difference)
        } else if difference > 0 {
            change(last, by: difference)
        }
    }

    private mutating func change(_ step: Int64, by difference: Int64) {
        if amounts.isEmpty {
            amounts.append(contentsOf: repeatElement(0, count: Int(Self.steps)))
        }
        let place = Int(step % Self.steps)
        let change = max(difference, -amounts[place])
        amounts[place] += change
        used += change
    }

    /// Milliseconds until an amount has room if nothing else comes; 0 when it has now. The window
    /// must have been advanced to `nowMS`.
    ///
    /// Complexity: O(`steps`) where there is no room.
    package func wait(for amount: Int64, limit: Int64, nowMS: Int64) -> Int64 {
        var missing = used - limit + amount
        guard missing > 0 else { return 0 }
        var step = last - Self.steps + 1
        while step < last {
            missing -= amounts[Int((step + Self.steps) % Self.steps)]
            if missing <= 0 { break }
            step += 1
        }
        return max(1, (step + Self.steps) * Self.stepMS - nowMS)
    }
}
