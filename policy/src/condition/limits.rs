use super::ConditionProblem;

/// Longest source of a condition, in bytes.
const MAX_SOURCE: usize = 4096;
/// Most tokens of a condition: bounds the depth of chains such as `1 + 1 + …`, which the parser recurses over.
const MAX_TOKENS: usize = 512;
/// Deepest nesting of brackets.
const MAX_NESTING: usize = 32;
/// Most opening brackets of a condition in which nesting cannot be told.
const MAX_BRACKETS: usize = 64;

/// Refuses what could drive the parser out of stack or memory, before it sees it. Reads no more of the syntax than
/// it takes to tell tokens apart, and never counts fewer than there are.
pub(super) fn check(source: &str) -> Result<(), ConditionProblem> {
    let problem = |offset, message| Err(ConditionProblem { offset, len: 1, message });
    if source.len() > MAX_SOURCE {
        return problem(0, format!("the condition is longer than {MAX_SOURCE} bytes; split it into several policies"));
    }
    let mut tokens = 0;
    let mut nesting = 0_usize;
    // Brackets in strings and comments close nothing; telling them apart is the parser's work. So where there are any, all
    // opening brackets are counted as if they nested.
    let closes = !source.contains(['\'', '"']) && !source.contains("//");
    let mut word = false;
    for (offset, byte) in source.bytes().enumerate() {
        let continues_word = byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
        if !(continues_word && word || byte.is_ascii_whitespace()) {
            tokens += 1;
        }
        word = continues_word;
        match byte {
            b'(' | b'[' | b'{' => nesting += 1,
            b')' | b']' | b'}' if closes => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if tokens > MAX_TOKENS {
            return problem(
                offset,
                format!("the condition has more than {MAX_TOKENS} tokens; split it into several policies"),
            );
        }
        if closes && nesting > MAX_NESTING {
            return problem(offset, format!("the condition nests deeper than {MAX_NESTING} brackets; simplify it"));
        }
        if nesting > MAX_BRACKETS {
            return problem(offset, format!("the condition has more than {MAX_BRACKETS} brackets; simplify it"));
        }
    }
    Ok(())
}
