use std::mem;

/// A change at a place of a list.
#[derive(Debug)]
pub(super) enum Splice<T> {
    /// Before what is there.
    Insert(T),
    Replace(T),
    Remove,
}

/// Changes a list at places that are given in order, all as they were before; at one place, insertions come first.
pub(super) fn splice<T>(list: &mut Vec<T>, changes: Vec<(usize, Splice<T>)>) {
    let keeps_places = changes.iter().all(|(_, change)| matches!(change, Splice::Replace(_)));
    if keeps_places {
        for (at, change) in changes {
            if let (Some(place), Splice::Replace(item)) = (list.get_mut(at), change) {
                *place = item;
            }
        }
        return;
    }
    let mut before = mem::take(list).into_iter();
    let mut at = 0;
    list.reserve(before.len() + changes.len());
    for (place, change) in changes {
        list.extend(before.by_ref().take(place - at));
        at = place;
        if !matches!(change, Splice::Insert(_)) {
            before.next();
            at += 1;
        }
        if let Splice::Insert(item) | Splice::Replace(item) = change {
            list.push(item);
        }
    }
    list.extend(before);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_list_before() {
        let after = |changes| {
            let mut list = vec!['a', 'c', 'd', 'f'];
            splice(&mut list, changes);
            list.into_iter().collect::<String>()
        };
        assert_eq!(after(vec![]), "acdf");
        assert_eq!(after(vec![(1, Splice::Replace('x')), (3, Splice::Replace('y'))]), "axdy");
        assert_eq!(after(vec![(1, Splice::Insert('b')), (1, Splice::Remove), (4, Splice::Insert('g'))]), "abdfg");
        assert_eq!(
            after(vec![(0, Splice::Insert('x')), (0, Splice::Insert('y')), (0, Splice::Replace('z'))]),
            "xyzcdf"
        );
        assert_eq!(after((0..4).map(|place| (place, Splice::Remove)).collect()), "");
    }
}
