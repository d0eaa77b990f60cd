internal import EventLoop
internal import RateLimits
internal import Synchronization

/// Decides by permits that were taken from Redis in advance, so that a request need not wait for a
/// round trip (`docs/limits.md`, "In advance"). Only on its worker's loop.
final class PermitDesk {
    /// What it says to a wish.
    enum Answer {
        case decided(LimitDecision)
        /// Others were quicker to use what was taken: Redis is to decide.
        case lost
        /// Redis does not answer.
        case failed
    }

    private var book = PermitBook()
    private let link: LimitLink
    private let board: LimitBoard
    private let loop: EventLoop
    private let workers: Int
    private var isRefilling = false
    private var timer: DeadlineTimer?

    /// Round trips for one request.
    private static let tripsMax = 2

    init(_ link: LimitLink, _ board: LimitBoard, _ loop: EventLoop, workers: Int) {
        self.link = link
        self.board = board
        self.loop = loop
        self.workers = workers
    }

    private var nowMS: Int64 { Int64(Instant.now().nanoseconds / 1_000_000) }

    func decide(_ wish: LimitWish) async -> Answer {
        book.sharers = Int64(board.sharers.load(ordering: .relaxed) * workers)
        for trip in 0...Self.tripsMax {
            giveBack()
            switch book.decide(wish, nowMS: nowMS) {
            case .granted(let receipt):
                refill(wish, receipt.candidate)
                return .decided(.granted(receipt))
            case .refused(let refusal): return .decided(.refused(refusal))
            case .short(let missing):
                if trip == Self.tripsMax { break }
                book.begin(missing)
                let answer = await link.run(.lease(missing, link.keys))
                book.end(missing)
                guard let answer, keep(missing, answer) else { return .failed }
            }
        }
        return .lost
    }

    /// Takes more beside the requests, before the last permits are used.
    private func refill(_ wish: LimitWish, _ candidate: Int?) {
        if isRefilling { return }
        var used = wish
        used.candidates = candidate.map { [wish.candidates[$0]] } ?? []
        let missing = book.refills(used, nowMS: nowMS)
        if missing.isEmpty { return }
        isRefilling = link.post(.lease(missing, link.keys)) { [weak self] answer in
            guard let self else { return }
            isRefilling = false
            book.end(missing)
            if let answer { _ = keep(missing, answer) }
        }
        if isRefilling { book.begin(missing) }
    }

    /// - Returns: whether it is an answer.
    private func keep(_ missing: [PermitBook.Shortage], _ answer: [Int64]) -> Bool {
        guard answer.count == 1 + missing.count * 3 else { return false }
        for (place, shortage) in missing.enumerated() {
            book.add(
                answer[1 + place * 3],
                for: shortage,
                step: answer[0],
                waitMS: answer[2 + place * 3],
                left: answer[3 + place * 3],
                nowMS: nowMS
            )
        }
        setTimer()
        return true
    }

    /// Gives back what nobody has used in time.
    private func giveBack() {
        giveBack(book.expire(nowMS))
    }

    private func giveBack(_ lots: [(counter: PermitBook.Counter, lot: PermitPool.Lot)]) {
        if let call = LimitCall.giveBack(lots, link.keys) { link.post(call) }
    }

    /// Nobody will use what is left.
    func retire() {
        giveBack(book.expire(.max))
    }

    private func setTimer() {
        guard let ends = book.endsMS else { return }
        let timer =
            timer
            ?? DeadlineTimer(loop: loop) { [weak self] in
                self?.giveBack()
                self?.setTimer()
            }
        self.timer = timer
        if timer.deadline == nil { timer.set(Instant(nanoseconds: UInt64(ends) * 1_000_000)) }
    }
}
