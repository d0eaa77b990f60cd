/// Health checks that one sidecar makes for all.
///
/// A verdict is the text `KIND FOUND …`. Where one sidecar after the other has trouble of its own,
/// there is none, but the kind `x` and how many had it.
extension FleetScript {
    private static let verdicts = """
        -- What is known: the whole text, its kind and what follows; nothing when it is old.
        local function known(key, name, freshMS)
          local text = redis.call('HGET', key, name)
          local kind, found, rest = string.match(text or '', '^(%a) (%d+) (.*)$')
          if found and math.abs(now - found) < freshMS then return text, kind, rest end
        end

        -- Until when somebody may be asking; a clock that was set back makes no lease longer.
        local function asked(key, name)
          local ends = tonumber(redis.call('ZSCORE', key, name) or 0)
          return ends > now and ends < now + 3600000 and ends or 0
        end

        """

    /// Asks which checks a sidecar is to make.
    ///
    /// `KEYS`: verdicts, when they were found, what is being asked. `ARGV`: for how long a verdict
    /// will do, and how long a check may take, in milliseconds; how many checks may be taken; how
    /// many sidecars' own trouble has each ask for itself; then the checks' names. Answers with the
    /// time, and of each check: a verdict; the number of the lease under which to ask; 0 to ask
    /// without one, as everybody does; -1 when somebody else asks; -2 when enough were taken.
    package static let claim = FleetScript(
        "claim",
        verdicts + """
            local freshMS, holdMS = tonumber(ARGV[1]), tonumber(ARGV[2])
            local left, quorum = tonumber(ARGV[3]), tonumber(ARGV[4])
            local answer = {now}
            for place = 5, #ARGV do
              local name = ARGV[place]
              local text, kind, rest = known(KEYS[1], name, freshMS)
              if text and kind ~= 'x' then
                answer[place - 3] = text
              elseif text and tonumber(rest) >= quorum then
                answer[place - 3] = 0
              elseif asked(KEYS[3], name) > 0 then
                answer[place - 3] = -1
              elseif left == 0 then
                answer[place - 3] = -2
              else
                left = left - 1
                redis.call('ZADD', KEYS[3], now + holdMS, name)
                redis.call('PEXPIRE', KEYS[3], 3600000)
                answer[place - 3] = now + holdMS
              end
            end
            return answer
            """
    )

    /// Says what came of a check. Who asked under a lease that is over has nothing to say: somebody
    /// else asks by then.
    ///
    /// `KEYS`: as for `claim`. `ARGV`: the check's name, its lease or 0, the kind and the rest of
    /// the text; for how long verdicts are kept, and for how long one will do, in milliseconds; how
    /// many are kept. Of the kind `x` the lease is given back, so that another sidecar asks.
    /// Answers whether it was heard.
    package static let publish = FleetScript(
        "publish",
        verdicts + """
            local name, lease, kind, rest = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
            local keepMS, freshMS = tonumber(ARGV[5]), tonumber(ARGV[6])
            if lease > 0 and asked(KEYS[3], name) ~= lease then return 0 end
            if kind == 'x' then
              local text, before, count = known(KEYS[1], name, freshMS)
              if text and before ~= 'x' then return 0 end
              rest = (text and tonumber(count) or 0) + 1
            end
            redis.call('HSET', KEYS[1], name, kind .. ' ' .. now .. ' ' .. rest)
            redis.call('ZADD', KEYS[2], now, name)
            if lease > 0 then redis.call('ZREM', KEYS[3], name) end

            local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - keepMS, 'LIMIT', 0, 100)
            if #old == 0 and redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[7]) then
              old = redis.call('ZRANGE', KEYS[2], 0, 0)
            end
            if #old > 0 then
              redis.call('HDEL', KEYS[1], unpack(old))
              redis.call('ZREM', KEYS[2], unpack(old))
            end
            redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
            redis.call('PEXPIRE', KEYS[1], keepMS)
            redis.call('PEXPIRE', KEYS[2], keepMS)
            return 1
            """
    )

    /// Tells what was found since.
    ///
    /// `KEYS`: verdicts, when they were found. `ARGV`: since when, on Redis' clock, 0 for from now
    /// on; how many at most. Answers `{until, name, verdict, …}`; `until` is for the next time.
    package static let news = FleetScript(
        "news",
        """
        local since, most = tonumber(ARGV[1]), tonumber(ARGV[2])
        if since == 0 then return {now} end
        -- A clock that was set back: what was found lately is told again.
        if since > now then since = now - 60000 end
        local found = redis.call(
          'ZRANGEBYSCORE', KEYS[2], since, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
        local answer = {now}
        for at = 1, #found, 2 do
          local text = redis.call('HGET', KEYS[1], found[at])
          if text then
            answer[#answer + 1] = found[at]
            answer[#answer + 1] = text
          end
        end
        if #found == 2 * most then
          answer[1] = tonumber(found[#found])
          if answer[1] == since then answer[1] = since + 1 end
        end
        return answer
        """
    )
}
