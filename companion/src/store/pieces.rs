use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest as _, Sha256};

use super::error::Fault;

/// Texts up to this length, in bytes, are one piece.
const WHOLE: usize = 16 << 10;
/// Shortest and longest piece of longer texts, in bytes.
const SHORTEST: usize = 2 << 10;
const LONGEST: usize = 64 << 10;
/// One line in so many ends a piece.
const LINES: u64 = 64;

/// Cuts a text where its own lines say so: an edit changes the pieces it lies in, and no other.
fn cut(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at_checked(end_of_piece(rest))?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn end_of_piece(text: &str) -> usize {
    if text.len() <= WHOLE {
        return text.len();
    }
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if end + line.len() > LONGEST {
            return if end > 0 { end } else { text.floor_char_boundary(LONGEST) };
        }
        end += line.len();
        if end >= SHORTEST && line_hash(line).is_multiple_of(LINES) {
            break;
        }
    }
    end
}

fn line_hash(line: &str) -> u64 {
    let hash = line
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    // The last bytes of a line are to matter as much as the first.
    (hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

/// Keeps a text, and returns the ids of its pieces.
pub(super) fn write(transaction: &Transaction<'_>, text: &str) -> rusqlite::Result<Vec<u8>> {
    let mut ids = Vec::new();
    let mut find = transaction.prepare_cached("SELECT id FROM pieces WHERE hash = ?1")?;
    let mut keep = transaction.prepare_cached("INSERT INTO pieces (hash, text) VALUES (?1, ?2)")?;
    for piece in cut(text) {
        let hash: [u8; 32] = Sha256::digest(piece).into();
        let id = match find.query_row([&hash[..]], |row| row.get::<_, i64>(0)).optional()? {
            Some(id) => id,
            None => keep.insert(params![&hash[..], piece.as_bytes()])?,
        };
        ids.extend(id.to_le_bytes());
    }
    Ok(ids)
}

/// A text, from the ids of its pieces; what is not what was written is found out.
pub(super) fn read(connection: &Connection, ids: &[u8]) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    let mut find = connection.prepare_cached("SELECT hash, text FROM pieces WHERE id = ?1")?;
    for id in ids_in(ids) {
        find.query_row([id], |row| {
            let (hash, piece) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
            let is_sound = Sha256::digest(piece).as_slice() == hash;
            bytes.extend_from_slice(piece);
            Ok(is_sound)
        })?
        .then_some(())
        .ok_or(Fault::Unusable)?;
    }
    String::from_utf8(bytes).map_err(|_| Fault::Unusable)
}

/// Forgets the pieces of no text any more.
pub(super) fn sweep(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut used = HashSet::new();
    let mut texts = transaction.prepare("SELECT pieces FROM changes WHERE pieces IS NOT NULL")?;
    let mut rows = texts.query([])?;
    while let Some(row) = rows.next()? {
        used.extend(ids_in(row.get_ref(0)?.as_blob()?));
    }
    let mut all = transaction.prepare("SELECT id FROM pieces")?;
    let all: Vec<i64> = all.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut forget = transaction.prepare("DELETE FROM pieces WHERE id = ?1")?;
    all.iter().filter(|id| !used.contains(id)).try_for_each(|id| forget.execute([id]).map(|_| ()))
}

fn ids_in(ids: &[u8]) -> impl Iterator<Item = i64> {
    ids.as_chunks::<8>().0.iter().map(|id| i64::from_le_bytes(*id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_text() -> String {
        (0..20_000).map(|number| format!("  - name: policy-{number}\n    roles: [editor]\n")).collect()
    }

    #[test]
    fn pieces_make_up_the_text() {
        for text in [String::new(), "short".to_owned(), long_text(), "é".repeat(200_000)] {
            assert_eq!(cut(&text).collect::<String>(), text);
            assert!(cut(&text).all(|piece| piece.len() <= LONGEST));
        }
    }

    #[test]
    fn an_edit_leaves_all_other_pieces_alone() {
        let before = long_text();
        let after = before.replacen("policy-10000\n", "policy-ten-thousand\n    description: new\n", 1);
        let known: HashSet<&str> = cut(&before).collect();
        assert!(known.len() > 100, "{}", known.len());
        assert!(cut(&after).filter(|piece| !known.contains(piece)).count() <= 2);
    }
}
