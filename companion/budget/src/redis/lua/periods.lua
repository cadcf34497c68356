-- Hours, days and months in UTC, in seconds since 1970. All numbers are whole and far below 2^53.
local HOUR, DAY, KEPT, LAST = 3600, 86400, 172800, 253402300799

-- The first second of a time's month. Years are counted from March, so that the day that comes and goes is their last one:
-- the algorithm `civil_from_days` of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
local function month_of(at)
  local floor = math.floor
  local day = floor(at / DAY)
  local since = day + 719468
  local of_era = since % 146097
  local year = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + floor(year / 4) - floor(year / 100))
  local month = floor((5 * of_year + 2) / 153)
  return (day - (of_year - floor((153 * month + 2) / 5))) * DAY
end

-- The first second of the window (0: hour, 1: day, 2: month) that a time is in, and the first after it.
local function period(window, at)
  at = math.min(at, LAST)
  if window == '0' then
    local begins = at - at % HOUR
    return begins, begins + HOUR
  elseif window == '1' then
    local begins = at - at % DAY
    return begins, begins + DAY
  end
  local begins = month_of(at)
  -- 32 days after the first of a month it is the next one.
  return begins, month_of(begins + 32 * DAY)
end
