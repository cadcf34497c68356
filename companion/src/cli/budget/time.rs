use chrono::DateTime;

/// A time in seconds since 1970, as RFC 3339 writes it in UTC.
pub(super) fn text(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    time.map_or_else(|| seconds.to_string(), |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_others_read_them() {
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
        assert_eq!(text(1_795_305_600), "2026-11-22T00:00:00Z");
        let read = DateTime::parse_from_rfc3339(&text(1_795_312_345)).unwrap();
        assert_eq!(read.timestamp(), 1_795_312_345);
        assert_eq!(text(u64::MAX), u64::MAX.to_string());
    }
}
