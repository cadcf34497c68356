use super::entries::Entry;
use crate::sort::sort_by;

/// Where in sorted entries each role's begin: a hash table, at most half full, so that searches are short and end.
#[derive(Debug)]
pub(super) struct Table {
    /// Role, and place of its first entry.
    places: Box<[[u32; 2]]>,
    /// How many are taken. Roles without entries any more are among them: theirs would begin at an entry of another.
    taken: usize,
}

/// In a place that no role has.
const VACANT: u32 = u32::MAX;

impl Table {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let roles = entries.chunk_by(|[a, ..], [b, ..]| a == b);
        let len = (2 * roles.clone().count()).next_power_of_two();
        let mut table = Table { places: vec![[VACANT; 2]; len].into(), taken: 0 };
        let mut first = 0;
        for of_role in roles {
            if let Some([role, ..]) = of_role.first() {
                table.insert(*role, first);
            }
            first += of_role.len();
        }
        table
    }

    /// Where a role's entries begin, if it has any.
    #[inline]
    pub(super) fn first(&self, role: u32) -> Option<usize> {
        let [found, first] = self.places.get(self.place(role))?;
        (*found == role).then_some(*first as usize)
    }

    /// Where a role is, or would be.
    #[inline]
    fn place(&self, role: u32) -> usize {
        let mask = self.places.len() - 1;
        // Roles count up: the multiplier, 2^32 over the golden ratio, spreads such numbers evenly (Knuth, The Art of
        // Computer Programming 3, 6.4).
        let hash = role.wrapping_mul(0x9e37_79b9) >> (u32::BITS - self.places.len().trailing_zeros());
        let mut at = hash as usize;
        while let Some([found, _]) = self.places.get(at)
            && *found != role
            && *found != VACANT
        {
            at = (at + 1) & mask;
        }
        at
    }

    fn insert(&mut self, role: u32, first: usize) {
        let at = self.place(role);
        if let Some(place) = self.places.get_mut(at) {
            self.taken += usize::from(*place == [VACANT; 2]);
            *place = [role, super::super::word(first)];
        }
    }

    /// Follows what was taken from the entries, and added. False, and nothing, if there is no room.
    pub(super) fn edit(&mut self, entries: &[Entry], gone: &[Entry], new: &[Entry]) -> bool {
        let unknown = |role: u32| self.first(role).is_none();
        let mut unknown: Vec<u32> = new.iter().map(|[role, ..]| *role).filter(|role| unknown(*role)).collect();
        unknown.dedup();
        if 2 * (self.taken + unknown.len()) > self.places.len() {
            return false;
        }
        let moves = moves(gone, new);
        if moves.iter().any(|(_, distance)| *distance != 0) {
            for [role, first] in self.places.iter_mut().filter(|[role, _]| *role != VACANT) {
                let before = moves.partition_point(|(moving, _)| moving < role);
                let distance = before.checked_sub(1).and_then(|last| moves.get(last)).map_or(0, |(_, all)| *all);
                *first = first.wrapping_add_signed(distance);
            }
        }
        for role in unknown {
            self.insert(role, entries.partition_point(|[own, ..]| *own < role));
        }
        true
    }
}

/// By role: how far the entries of larger roles move.
fn moves(gone: &[Entry], new: &[Entry]) -> Vec<(u32, i32)> {
    let gone = gone.iter().map(|[role, ..]| (*role, -1));
    let mut moves: Vec<(u32, i32)> = gone.chain(new.iter().map(|[role, ..]| (*role, 1))).collect();
    sort_by(&mut moves, |(a, _), (b, _)| a < b);
    let mut all = 0;
    for (_, distance) in &mut moves {
        all += *distance;
        *distance = all;
    }
    // The last of each role is what counts.
    moves.dedup_by(|next, kept| {
        next.0 == kept.0 && {
            kept.1 = next.1;
            true
        }
    });
    moves
}
