/// Requests in flight and latencies of the whole fleet.
extension FleetScript {
    /// Says what a sidecar has in flight, and learns what all have.
    ///
    /// Totals are kept by differences, so that a beat costs what has changed. What a sidecar that
    /// is gone had said is taken out by the next beat of any other, in the same step in which it is
    /// forgotten; one that was stopped and comes back is counted again with its next beat. What is
    /// said and its totals are nothing without each other: where a Redis that is short of memory
    /// has dropped one, all begins anew, and is right again when each has beaten once.
    ///
    /// `KEYS`: totals, what each said, who is there. `ARGV`: the instance; for how many
    /// milliseconds it holds what it says; that, as lines of `COUNT NAME`; and the names that it
    /// asks for. Answers `{place, total, …}`: places among the names, from 1, of totals above 0.
    package static let load = FleetScript(
        "load",
        """
        local instance, holdMS, says = ARGV[1], tonumber(ARGV[2]), ARGV[3]
        local hasTotals, hasSaid = redis.call('EXISTS', KEYS[1]), redis.call('EXISTS', KEYS[2])
        local isWhole = hasTotals == hasSaid
          and (hasSaid == 0 or redis.call('EXISTS', KEYS[3]) == 1)
        -- Before anything else is written: without memory it fails, and nothing has happened.
        redis.call('ZADD', KEYS[3], now + holdMS, instance)
        if not isWhole then redis.call('DEL', KEYS[1], KEYS[2]) end

        local changes = {}
        local function add(lines, sign)
          for count, name in string.gmatch(lines, '(%d+) ([^%c]+)') do
            changes[name] = (changes[name] or 0) + sign * count
          end
        end

        local had = redis.call('HGET', KEYS[2], instance) or ''
        if had ~= says then
          add(had, -1)
          add(says, 1)
          if says == '' then
            redis.call('HDEL', KEYS[2], instance)
          else
            redis.call('HSET', KEYS[2], instance, says)
          end
        end

        -- Who is gone; and who was to be there for too long, by a clock that was set back since.
        local function bury(first, last)
          local found = redis.call('ZRANGEBYSCORE', KEYS[3], first, last, 'LIMIT', 0, 32)
          for _, gone in ipairs(found) do
            add(redis.call('HGET', KEYS[2], gone) or '', -1)
            redis.call('HDEL', KEYS[2], gone)
            redis.call('ZREM', KEYS[3], gone)
          end
        end
        bury('-inf', now)
        bury('(' .. now + 2 * holdMS, '+inf')

        for name, change in pairs(changes) do
          if change ~= 0 and redis.call('HINCRBY', KEYS[1], name, change) <= 0 then
            redis.call('HDEL', KEYS[1], name)
          end
        end
        for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 4 * holdMS) end

        local answer = {}
        for first = 4, #ARGV, 1000 do
          local last = math.min(first + 999, #ARGV)
          for at, total in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV, first, last))) do
            if total then
              answer[#answer + 1] = first + at - 4
              answer[#answer + 1] = tonumber(total)
            end
          end
        end
        return answer
        """
    )

    /// Says what a sidecar has measured, and learns what the fleet's means are.
    ///
    /// A mean stands for about the last few samples of all: new ones take the place of as many old
    /// ones, whatever their own values were. One that nobody adds to is forgotten after its time.
    ///
    /// `KEYS`: means, and until when they hold. `ARGV`: how many means are added to; of each its
    /// name, for how many milliseconds it holds, of how many samples it is, and the new samples'
    /// sum and count; then the names that are asked for. Answers `{place, mean, …}`: places among
    /// the names, from 1, of those that are known. Sums and means are in nanoseconds.
    package static let latency = FleetScript(
        "latency",
        """
        local function read(text)
          local mean, weight, ends = string.match(text or '', '^(%d+) (%d+) (%d+)$')
          if mean and tonumber(ends) > now then return tonumber(mean), tonumber(weight) end
          return 0, 0
        end

        local last = 1 + tonumber(ARGV[1]) * 5
        for at = 2, last, 5 do
          local name, holdMS, most = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
          local sum, count = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
          local mean, weight = read(redis.call('HGET', KEYS[1], name))
          local kept = math.max(0, math.min(weight, most - count))
          mean = (mean * kept + sum) / (kept + count)
          local text = string.format('%.0f %d %.0f', mean, math.min(kept + count, most), now + holdMS)
          redis.call('HSET', KEYS[1], name, text)
          redis.call('ZADD', KEYS[2], now + holdMS, name)
        end
        if last > 1 then
          local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)
          if #old == 0 and redis.call('ZCARD', KEYS[2]) > 20000 then
            old = redis.call('ZRANGE', KEYS[2], 0, 99)
          end
          if #old > 0 then
            redis.call('HDEL', KEYS[1], unpack(old))
            redis.call('ZREM', KEYS[2], unpack(old))
          end
          local newest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
          if #newest > 0 then
            for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, newest[2] - now) end
          end
        end

        local answer = {}
        for first = last + 1, #ARGV, 1000 do
          local final = math.min(first + 999, #ARGV)
          for at, text in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV, first, final))) do
            local mean, weight = read(text)
            if weight > 0 then
              answer[#answer + 1] = first + at - last - 1
              answer[#answer + 1] = mean
            end
          end
        end
        return answer
        """
    )
}
