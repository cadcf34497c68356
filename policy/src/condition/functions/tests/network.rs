use super::assert_outcomes;

#[test]
fn addresses_are_read_strictly() {
    for text in [
        "",
        " 1.2.3.4",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4/32",
        "0x7f.0.0.1",
        "2130706433",
        "::g",
        ":::",
        "1::2::3",
        "12345::",
        "fe80::1%en0",
        "[::1]",
        "::ffff:192.168.0.1",
        "1:2:3:4:5:6:7:8:9",
        "1.2.3.4:80",
    ] {
        assert_outcomes(&[
            (&format!("isIP('{text}')"), "false"),
            (&format!("ip('{text}')"), "error"),
            (&format!("ip.isCanonical('{text}')"), "error"),
        ]);
    }
    assert_outcomes(&[
        ("ip('2001:DB8::68')", "ip('2001:db8::68')"),
        ("ip('::ffff:c0a8:1') == ip('192.168.0.1')", "true"),
        ("ip('::ffff:c0a8:1').family()", "4"),
        ("ip('64:ff9b::1.2.3.4').family()", "6"),
        ("ip.isCanonical('127.0.0.1')", "true"),
        ("ip.isCanonical('2001:db8::68')", "true"),
        ("ip.isCanonical('2001:DB8::68')", "false"),
        ("ip.isCanonical('2001:db8:0::68')", "false"),
        ("ip.isCanonical('::ffff:c0a8:1')", "false"),
        ("isIP(1)", "error"),
        ("isIP(ip('::1'))", "error"),
        ("ip(1)", "error"),
    ]);
}

#[test]
fn ranges_are_read_strictly() {
    for text in [
        "",
        "1.2.3.4",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.4/+8",
        "1.2.3.4/08",
        "1.2.3.4/8/8",
        "1.2.3/8",
        "::/129",
        "fe80::1%en0/24",
        "::ffff:1.2.3.4/120",
        "::ffff:0:0/96",
        "1.2.3.4/255.0.0.0",
    ] {
        assert_outcomes(&[(&format!("isCIDR('{text}')"), "false"), (&format!("cidr('{text}')"), "error")]);
    }
    assert_outcomes(&[
        ("isCIDR('0.0.0.0/0')", "true"),
        ("isCIDR('::/128')", "true"),
        ("cidr('10.0.0.1/8') == cidr('10.0.0.0/8')", "false"),
        ("isCIDR(1)", "error"),
    ]);
}

#[test]
fn addresses_know_what_they_are_for() {
    let kinds = ["isUnspecified", "isLoopback", "isGlobalUnicast", "isLinkLocalMulticast", "isLinkLocalUnicast"];
    for (address, of_kind) in [
        ("0.0.0.0", Some(0)),
        ("::", Some(0)),
        ("127.255.0.1", Some(1)),
        ("::1", Some(1)),
        ("192.168.0.1", Some(2)),
        ("8.8.8.8", Some(2)),
        ("fd00::1", Some(2)),
        ("2001:db8::abcd", Some(2)),
        ("224.0.0.1", Some(3)),
        ("224.0.1.1", None),
        ("ff02::1", Some(3)),
        ("ff12::1", Some(3)),
        ("ff05::1", None),
        ("169.254.9.9", Some(4)),
        ("fe80::1", Some(4)),
        ("255.255.255.255", None),
    ] {
        for (kind, name) in kinds.iter().enumerate() {
            let expected = (of_kind == Some(kind)).to_string();
            assert_outcomes(&[(&format!("ip('{address}').{name}()"), &expected)]);
        }
    }
    assert_outcomes(&[
        ("'::1'.isLoopback()", "error"),
        ("cidr('::1/128').isLoopback()", "error"),
        ("1.family()", "error"),
    ]);
}

#[test]
fn ranges_contain_what_shares_their_prefix() {
    assert_outcomes(&[
        ("cidr('192.168.0.0/24').containsIP(ip('192.168.0.255'))", "true"),
        ("cidr('192.168.0.0/24').containsIP('192.168.1.0')", "false"),
        ("cidr('192.168.0.77/24').containsIP('192.168.0.1')", "true"),
        ("cidr('0.0.0.0/0').containsIP('::1')", "false"),
        ("cidr('::/0').containsIP('1.2.3.4')", "false"),
        ("cidr('0.0.0.0/0').containsIP('255.255.255.255')", "true"),
        ("cidr('192.168.0.0/24').containsIP('::ffff:c0a8:1')", "true"),
        ("cidr('1.2.3.4/32').containsIP('1.2.3.4')", "true"),
        ("cidr('1.2.3.4/32').containsIP('1.2.3.5')", "false"),
        ("cidr('2001:db8::/33').containsIP('2001:db8:8000::')", "false"),
        ("cidr('10.0.0.0/8').containsIP('x')", "error"),
        ("cidr('10.0.0.0/8').containsIP(1)", "error"),
        ("cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16'))", "true"),
        ("cidr('10.0.0.0/8').containsCIDR('10.0.0.0/8')", "true"),
        ("cidr('10.0.0.0/8').containsCIDR('10.0.0.0/7')", "false"),
        ("cidr('10.0.0.0/8').containsCIDR('11.0.0.0/9')", "false"),
        ("cidr('::/0').containsCIDR('10.0.0.0/8')", "false"),
        ("cidr('10.0.0.0/8').containsCIDR('10.0.0.0')", "error"),
        ("cidr('192.168.0.1/24').masked()", "cidr('192.168.0.0/24')"),
        ("cidr('2001:db8:ffff::/33').masked()", "cidr('2001:db8:8000::/33')"),
        ("cidr('192.168.0.1/24').ip() == ip('192.168.0.1')", "true"),
        ("cidr('::/127').prefixLength()", "127"),
        ("cidr('10.0.0.0/8').isMask()", "true"),
        ("cidr('10.0.0.1/8').isMask()", "false"),
        ("ip('10.0.0.1').ip()", "error"),
    ]);
}
