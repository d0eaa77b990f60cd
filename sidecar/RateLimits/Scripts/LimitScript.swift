/// A script that Redis runs as one step (6.2 or later). All keys of a call carry one hash tag, so
/// that it is one slot of a Cluster.
///
/// A window is a hash: `n` its last step, `s` the sum of what is in it, and what was used at each
/// step under the step's number modulo 241; the arithmetic is that of `SlidingWindow`, by Redis'
/// clock. A key's places are a sorted set: a member for each request, by the millisecond at which
/// its lease ends. A key that nobody touches goes by itself.
package final class LimitScript: Sendable {
    /// Its name, for logs and metrics.
    package let name: String
    /// Its place in `all`.
    package let number: Int
    /// Lua 5.1.
    package let source: String

    private init(_ number: Int, _ name: String, _ body: String) {
        self.number = number
        self.name = name
        source = Self.windows + body
    }

    /// Every script, to be loaded at start.
    package static let all = [admit, settle, renew, lease]

    /// How long a window is kept after its last use, in seconds: no shorter than the window.
    package static let windowSeconds = 61

    /// What all scripts begin with. Time that runs backwards stands still, but for a clock that was
    /// set back by more than a window: then what was counted means nothing.
    private static let windows = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local step = math.floor(now / 250)

        -- Opens a window at this step: what has left it is taken out of its sum.
        local function open(key)
          local had = redis.call('HMGET', key, 'n', 's')
          local window = {key = key, step = step, used = 0}
          local last = tonumber(had[1])
          if not last then return window end
          local passed = step - last
          if passed > 240 or passed < -240 then
            redis.call('DEL', key)
            return window
          end
          window.used = tonumber(had[2])
          if passed <= 0 then
            window.step = last
            return window
          end
          if window.used > 0 then
            local fields = {}
            for gone = last + 1, step do fields[#fields + 1] = gone % 241 end
            local amounts = redis.call('HMGET', key, unpack(fields))
            local held = {}
            for place, amount in ipairs(amounts) do
              if amount then
                window.used = window.used - amount
                held[#held + 1] = fields[place]
              end
            end
            if #held > 0 then redis.call('HDEL', key, unpack(held)) end
          end
          redis.call('HSET', key, 'n', step, 's', window.used)
          return window
        end

        local function write(window, at, amount)
          redis.call('HINCRBY', window.key, at % 241, amount)
          window.used = window.used + amount
          redis.call('HSET', window.key, 'n', window.step, 's', window.used)
          redis.call('EXPIRE', window.key, 61)
        end

        local function correct(window, at, amount)
          if at <= window.step - 241 or at > window.step then
            if amount <= 0 then return end
            at = window.step
          end
          if amount < 0 then
            local held = tonumber(redis.call('HGET', window.key, at % 241) or 0)
            amount = math.max(amount, -held)
          end
          if amount ~= 0 then write(window, at, amount) end
        end

        -- Milliseconds until an amount has room if nothing else comes; 0 when it has now.
        local function wait(window, amount, limit)
          local missing = window.used + amount - limit
          if missing <= 0 then return 0 end
          local at = window.step - 240
          while at < window.step do
            local fields = {}
            for one = at, math.min(at + 15, window.step - 1) do fields[#fields + 1] = one % 241 end
            for place, held in ipairs(redis.call('HMGET', window.key, unpack(fields))) do
              missing = missing - (held or 0)
              if missing <= 0 then
                return math.max(1, (at + place - 1 + 241) * 250 - now)
              end
            end
            at = at + #fields
          end
          return math.max(1, (window.step + 241) * 250 - now)
        end

        """

    /// Decides one request.
    ///
    /// `KEYS`: those of all counters, in the order of `ARGV`. `ARGV`: the member for places, the
    /// lease in milliseconds, how many counters are the caller's, how many candidates there are and
    /// how many counters each has; then of each counter its kind (`w`, `p`), limit and amount.
    ///
    /// Answers `{1, candidate, step, left…}`, with what is left at the caller's counters and at the
    /// candidate's; the candidate counts from 1, 0 is none. Or `{0, counter, left, wait}`: the
    /// counter, from 1, that takes longest, and the milliseconds until all have room. Nothing was
    /// taken then.
    package static let admit = LimitScript(
        0,
        "admit",
        """
        local member, leaseMS = ARGV[1], tonumber(ARGV[2])
        local own, candidates = tonumber(ARGV[3]), tonumber(ARGV[4])
        local base = 4 + candidates
        local opened = {}

        -- Milliseconds until a counter has room, and what it has left.
        local function look(number)
          local at = base + (number - 1) * 3
          local limit, amount = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
          if ARGV[at + 1] == 'p' then
            redis.call('ZREMRANGEBYSCORE', KEYS[number], '-inf', now)
            local left = limit - redis.call('ZCARD', KEYS[number])
            return left > 0 and 0 or 1000, math.max(0, left)
          end
          opened[number] = open(KEYS[number])
          local window = opened[number]
          return wait(window, amount, limit), math.max(0, limit - window.used)
        end

        -- The counter of some that takes longest; 0 when all have room.
        local function slowest(first, count)
          local worst, worstLeft, longest = 0, 0, 0
          for number = first, first + count - 1 do
            local waitMS, left = look(number)
            if waitMS > longest then worst, worstLeft, longest = number, left, waitMS end
          end
          return worst, worstLeft, longest
        end

        local function take(first, count, answer)
          for number = first, first + count - 1 do
            local at = base + (number - 1) * 3
            local limit, amount = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
            local left
            if ARGV[at + 1] == 'p' then
              redis.call('ZADD', KEYS[number], now + leaseMS, member)
              redis.call('PEXPIRE', KEYS[number], leaseMS)
              left = limit - redis.call('ZCARD', KEYS[number])
            else
              if amount > 0 then write(opened[number], opened[number].step, amount) end
              left = limit - opened[number].used
            end
            answer[#answer + 1] = math.max(0, left)
          end
        end

        local worst, left, longest = slowest(1, own)
        local chosen, chosenFirst, first = 0, 0, own + 1
        local soonest, soonestLeft, soonestMS = 0, 0, math.huge
        for candidate = 1, candidates do
          local count = tonumber(ARGV[4 + candidate])
          local number, has, waitMS = slowest(first, count)
          if number == 0 then
            chosen, chosenFirst = candidate, first
            break
          end
          if waitMS < soonestMS then soonest, soonestLeft, soonestMS = number, has, waitMS end
          first = first + count
        end
        if candidates > 0 and chosen == 0 then
          if worst == 0 then worst, left = soonest, soonestLeft end
          longest = math.max(longest, soonestMS)
        end
        if worst > 0 then return {0, worst, left, longest} end
        local answer = {1, chosen, step}
        take(1, own, answer)
        if chosen > 0 then take(chosenFirst, tonumber(ARGV[4 + chosen]), answer) end
        return answer
        """
    )

    /// Settles a request that has ended.
    ///
    /// `KEYS`: counters. `ARGV`: the member; then of each counter its kind, and for a window the
    /// step at which it was taken from and by how much to correct that.
    package static let settle = LimitScript(
        1,
        "settle",
        """
        for number, key in ipairs(KEYS) do
          local at = number * 3 - 1
          if ARGV[at] == 'p' then
            redis.call('ZREM', key, ARGV[1])
          else
            correct(open(key), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]))
          end
        end
        return 1
        """
    )

    /// Renews the leases of places, also of those that Redis has lost.
    ///
    /// `KEYS`: of places. `ARGV`: the lease in milliseconds; then of each key how many members it
    /// has here, and the members.
    package static let renew = LimitScript(
        2,
        "renew",
        """
        local leaseMS, at = tonumber(ARGV[1]), 2
        for _, key in ipairs(KEYS) do
          local count = tonumber(ARGV[at])
          for place = at + 1, at + count do
            redis.call('ZADD', key, now + leaseMS, ARGV[place])
          end
          redis.call('PEXPIRE', key, leaseMS)
          at = at + count + 1
        end
        return 1
        """
    )

    /// Takes permits of windows for many requests at once: of all windows at least what is needed,
    /// or of none.
    ///
    /// `KEYS`: windows. `ARGV`: of each its limit, how many are needed, and how many are wanted.
    /// Answers `{step, granted, wait, left, …}`: of each window how many were granted, the
    /// milliseconds until there are as many as are needed, and what is left.
    package static let lease = LimitScript(
        3,
        "lease",
        """
        local opened, waits, isShort = {}, {}, false
        for number, key in ipairs(KEYS) do
          local limit, need = tonumber(ARGV[number * 3 - 2]), tonumber(ARGV[number * 3 - 1])
          opened[number] = open(key)
          waits[number] = wait(opened[number], need, limit)
          isShort = isShort or waits[number] > 0
        end
        local answer = {step}
        for number, window in ipairs(opened) do
          local left = math.max(0, tonumber(ARGV[number * 3 - 2]) - window.used)
          local granted = 0
          if not isShort then
            granted = math.min(left, tonumber(ARGV[number * 3]))
            if granted > 0 then write(window, window.step, granted) end
          end
          answer[#answer + 1] = granted
          answer[#answer + 1] = waits[number]
          answer[#answer + 1] = left - granted
        end
        return answer
        """
    )
}

extension LimitScript: Hashable {
    /// There is one object of each script.
    package static func == (left: LimitScript, right: LimitScript) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(number)
    }
}
