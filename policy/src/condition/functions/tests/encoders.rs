use super::assert_outcomes;

#[test]
fn base64_is_written_with_padding_and_read_with_or_without() {
    assert_outcomes(&[
        ("base64.encode(b'hello')", "'aGVsbG8='"),
        ("base64.encode(b'\\377\\376\\375')", "'//79'"),
        ("base64.encode(b'')", "''"),
        ("base64.decode('aGVsbG8=') == b'hello'", "true"),
        ("base64.decode('aGVsbG8') == b'hello'", "true"),
        ("base64.decode('//79') == b'\\377\\376\\375'", "true"),
        ("base64.decode('') == b''", "true"),
        ("base64.decode('YQ=')", "error"),
        ("base64.decode('YQ===')", "error"),
        ("base64.decode('a')", "error"),
        ("base64.decode('__79')", "error"),
        ("base64.decode('aGVs bG8=')", "error"),
        ("base64.encode('hello')", "error"),
        ("base64.decode(b'aGVsbG8=')", "error"),
    ]);
}
