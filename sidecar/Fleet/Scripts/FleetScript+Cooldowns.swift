/// Presence, and cooldowns that are shared.
///
/// A lease is a field of a hash, `ENDS INSTANCE`: until when an instance may try an endpoint. One
/// that has ended still says who had it last, so that a result that comes late is heard, as long as
/// nobody else has it now.
extension FleetScript {
    private static let leases = """
        -- Until when an endpoint is leased, 0 when it is not; and who has or had the lease.
        local function lease(key, name)
          local text = redis.call('HGET', key, name)
          local ends, holder = string.match(text or '', '^(%d+) (.+)$')
          ends = tonumber(ends or 0)
          -- None is so long: that one was given before the clock was set back.
          if ends > now + 60000 then return 0 end
          return ends > now and ends or 0, holder
        end

        -- Leaves what ends within a while from now: what is later than anybody would say was said
        -- before the clock was set back.
        local function prune(key, longestMS)
          redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
          redis.call('ZREMRANGEBYSCORE', key, '(' .. now + longestMS, '+inf')
        end

        """

    /// Says that a sidecar is there, asks for the leases of endpoints that it would try, and learns
    /// what the fleet knows.
    ///
    /// `KEYS`: who is there, and what this one says of itself; where it shares cooldowns, too:
    /// those, leases, and who is well. `ARGV`: the instance, what it says, for how many
    /// milliseconds both hold; how long a lease is, how long after its end a cooldown waits for
    /// somebody to try, how long for one who tries, how long it is said that an endpoint is well,
    /// how long a cooldown may be, all in milliseconds; and the endpoints.
    ///
    /// Answers `{live, count, name, left, yours…, name…}`: how many are there; of each cooldown
    /// the endpoint, the milliseconds that are left (less than 0: since its end) and whether
    /// this sidecar is the one to try it; and the endpoints that are well.
    package static let beat = FleetScript(
        "beat",
        leases + """
            local instance, presenceMS = ARGV[1], tonumber(ARGV[3])
            prune(KEYS[1], presenceMS)
            redis.call('ZADD', KEYS[1], now + presenceMS, instance)
            redis.call('PEXPIRE', KEYS[1], presenceMS)
            redis.call('SET', KEYS[2], ARGV[2], 'PX', presenceMS)
            local answer = {redis.call('ZCARD', KEYS[1])}
            if #KEYS == 2 then return answer end

            local leaseMS, untriedMS = tonumber(ARGV[4]), tonumber(ARGV[5])
            local triedMS, wellMS = tonumber(ARGV[6]), tonumber(ARGV[7])
            redis.call('ZREMRANGEBYSCORE', KEYS[3], '(' .. now + ARGV[8], '+inf')
            local old = redis.call(
              'ZRANGEBYSCORE', KEYS[3], '-inf', now - untriedMS, 'WITHSCORES')
            for at = 1, #old, 2 do
              if lease(KEYS[4], old[at]) == 0 or tonumber(old[at + 1]) <= now - triedMS then
                redis.call('ZREM', KEYS[3], old[at])
                redis.call('HDEL', KEYS[4], old[at])
              end
            end
            for place = 9, #ARGV do
              local ends = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[place]) or nil)
              if ends and ends <= now then
                local leased, holder = lease(KEYS[4], ARGV[place])
                if leased == 0 or holder == instance then
                  redis.call('HSET', KEYS[4], ARGV[place], now + leaseMS .. ' ' .. instance)
                  redis.call('PEXPIRE', KEYS[4], triedMS)
                end
              end
            end
            local found = redis.call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES')
            answer[2] = #found / 2
            for at = 1, #found, 2 do
              local left, isOwn = tonumber(found[at + 1]) - now, 0
              if left <= 0 then
                local leased, holder = lease(KEYS[4], found[at])
                if leased > 0 and holder == instance then isOwn = 1 end
              end
              answer[#answer + 1] = found[at]
              answer[#answer + 1] = left
              answer[#answer + 1] = isOwn
            end
            redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now - wellMS)
            redis.call('ZREMRANGEBYSCORE', KEYS[5], '(' .. now, '+inf')
            for _, name in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
              answer[#answer + 1] = name
            end
            return answer
            """
    )

    /// Reports that an endpoint has refused a sidecar, which has it cool.
    ///
    /// When as many as a quorum have such a cooldown, it is the fleet's, with the end on which that
    /// many agree: theirs that end latest. Who has the lease to try the endpoint speaks for all.
    ///
    /// `KEYS`: who is there, cooldowns, leases, who is well, and the endpoint's reporters. `ARGV`:
    /// the instance, the endpoint, for how many milliseconds it cools; how many are a quorum where
    /// there are more, how many sidecars this one has heard of; how many endpoints may cool at one
    /// time, how long they are kept after their end, how long a cooldown may be. Answers whether
    /// the fleet has it cool.
    package static let report = FleetScript(
        "report",
        leases + """
            local instance, name, ends = ARGV[1], ARGV[2], now + tonumber(ARGV[3])
            prune(KEYS[5], tonumber(ARGV[8]))
            redis.call('ZADD', KEYS[5], ends, instance)
            redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -1001)
            local last = redis.call('ZREVRANGE', KEYS[5], 0, 0, 'WITHSCORES')
            redis.call('PEXPIRE', KEYS[5], tonumber(last[2]) - now)
            -- A Redis that has just begun anew has not heard of all who are there.
            local live = redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')
            live = math.max(1, live, tonumber(ARGV[5]))
            local quorum = math.min(tonumber(ARGV[4]), live)
            local _, holder = lease(KEYS[3], name)
            local had = tonumber(redis.call('ZSCORE', KEYS[2], name) or nil)
            if holder ~= instance or not had or had > now then
              local agreed = redis.call(
                'ZREVRANGE', KEYS[5], quorum - 1, quorum - 1, 'WITHSCORES')
              if #agreed == 0 then return 0 end
              ends = tonumber(agreed[2])
            end
            redis.call('ZADD', KEYS[2], ends, name)
            redis.call('HDEL', KEYS[3], name)
            redis.call('ZREM', KEYS[4], name)
            redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[6]))
            last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
            redis.call('PEXPIRE', KEYS[2], tonumber(last[2]) - now + tonumber(ARGV[7]))
            return 1
            """
    )

    /// Says that a try at an endpoint whose cooldown is over has found it well.
    ///
    /// `KEYS`: cooldowns, leases, who is well, and the endpoint's reporters. `ARGV`: the instance,
    /// the endpoint, for how many milliseconds it is said, of how many endpoints at one time.
    /// Answers whether it is heard: not while another instance has the lease, nor when the
    /// endpoint cools anew.
    package static let recover = FleetScript(
        "recover",
        leases + """
            local instance, name, wellMS = ARGV[1], ARGV[2], tonumber(ARGV[3])
            local ends = tonumber(redis.call('ZSCORE', KEYS[1], name) or nil)
            if not ends or ends > now then return 0 end
            local leased, holder = lease(KEYS[2], name)
            if leased > 0 and holder ~= instance then return 0 end
            redis.call('HDEL', KEYS[2], name)
            redis.call('ZREM', KEYS[1], name)
            redis.call('DEL', KEYS[4])
            redis.call('ZADD', KEYS[3], now, name)
            redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - tonumber(ARGV[4]))
            redis.call('PEXPIRE', KEYS[3], wellMS)
            return 1
            """
    )

    /// Gives back a lease, so that another sidecar tries the endpoint.
    ///
    /// `KEYS`: leases. `ARGV`: the instance, the endpoint.
    package static let yield = FleetScript(
        "yield",
        leases + """
            local _, holder = lease(KEYS[1], ARGV[2])
            if holder == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[2]) end
            return 1
            """
    )
}
