use crate::identity::Known;
use crate::snapshot::chunk::ChunkKind;
use crate::snapshot::codec::DecodeError;
use crate::snapshot::data;

use super::{Decoder, Place, open};

/// A directory entry: source, id, and what is known.
pub(super) type Entry<'a> = (&'a str, &'a str, Known);

impl Decoder<'_> {
    pub(super) fn principals<'a>(&mut self, chunk: &'a [u8], place: Place) -> Result<Vec<Entry<'a>>, DecodeError> {
        let (mut reader, strings) = open(ChunkKind::Principals, chunk)?;
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for _ in 0..reader.count()? {
            let (source, id) = (strings.get(&mut reader)?, strings.get(&mut reader)?);
            place.check(&[source, id], &reader)?;
            // In order, so that none can occur twice: an entry's bucket is told by its name.
            if let Some((last_source, last_id, _)) = entries.last() {
                match (*last_source, *last_id).cmp(&(source, id)) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => {
                        return Err(DecodeError::Duplicate("directory entries", id.to_owned()));
                    }
                    std::cmp::Ordering::Greater => return Err(reader.invalid("order of directory entries")),
                }
            }
            [source, id].into_iter().try_for_each(|text| self.budget.text(text).map(|_| ()))?;
            let roles = strings.list(&mut reader)?;
            roles.iter().try_for_each(|role| self.budget.text(role).map(|_| ()))?;
            let known = Known {
                roles: roles.into_iter().map(Into::into).collect(),
                attributes: data::read_fields(&mut reader, &strings, 0, &mut self.budget)?,
            };
            entries.push((source, id, known));
        }
        reader.finish().map(|()| entries)
    }
}
