use crate::redis::{InvalidAddress, Prefix, RedisAddress};

#[test]
fn an_address_names_a_host_or_a_socket_and_says_whether_it_is_secured() {
    for (text, shown) in [
        ("redis://localhost", "redis://localhost:6379/0"),
        ("rediss://budget@redis.internal:7000/3", "rediss://redis.internal:7000/3"),
        ("redis://[::1]:7000", "redis://[::1]:7000/0"),
        ("redis://[::1]", "redis://[::1]:6379/0"),
        ("redis+unix:///run/redis", "redis+unix:///run/redis"),
    ] {
        assert_eq!(text.parse::<RedisAddress>().unwrap().to_string(), shown);
    }
    assert_eq!("redis://budget@h".parse::<RedisAddress>().unwrap().user.as_deref(), Some("budget"));
}

#[test]
fn what_is_no_address_is_refused_and_a_password_is_never_repeated() {
    assert_eq!("http://h".parse::<RedisAddress>(), Err(InvalidAddress::Scheme("http://h".to_owned())));
    assert_eq!("redis://u:secret@h".parse::<RedisAddress>(), Err(InvalidAddress::Password));
    assert_eq!("redis://:secret@h".parse::<RedisAddress>(), Err(InvalidAddress::Password));
    for text in ["redis://h/0?password=secret", "redis://h:secret@/0", "valkey://:secret@h", "redis://u:secret@h"] {
        let error = text.parse::<RedisAddress>().unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    for text in ["redis://", "redis://:6379", "redis://h:port", "redis://h/main", "redis+unix://run/redis"] {
        assert!(matches!(text.parse::<RedisAddress>(), Err(InvalidAddress::Part { .. })), "{text}");
    }
}

#[test]
fn a_prefix_leaves_the_slot_to_its_braces() {
    for text in ["", "a b", "{a}", "a}b", "\u{e9}", &"a".repeat(65)] {
        assert!(Prefix::new(text).is_err(), "{text}");
    }
    assert_eq!(Prefix::new("team-1:prod").unwrap().state_key(), "{team-1:prod}:state");
}
