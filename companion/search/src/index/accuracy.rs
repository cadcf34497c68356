use super::core::Core;
use super::home::Home;
use super::{IndexError, code};
use crate::Vector;

/// What one vector asks for, exactly.
struct Sample {
    vector: Vector,
    /// The best so far, best first.
    best: Vec<f32>,
}

impl Core {
    /// Which part of what is nearest searches find: the `most` nearest of each of some of its own policies, compared with what
    /// reading every vector finds. `None` if it is empty.
    pub(super) fn accuracy(&self, samples: usize, most: usize) -> Result<Option<f64>, IndexError> {
        let snapshot = self.snapshot();
        let homes: Vec<Home> = snapshot.view.homes().collect();
        let mut living = Vec::new();
        for (number, home) in homes.iter().enumerate() {
            let is_last_table = number + 1 == homes.len();
            let rows = if is_last_table { snapshot.filled } else { home.rows() };
            let rows = (0..rows as u32).filter(|row| home.death(*row).is_none_or(|at| at > snapshot.revision));
            living.extend(rows.map(|row| (number, row)));
        }
        let (mut buffer, mut chosen) = (Vec::new(), Vec::new());
        for (home, row) in living.iter().step_by((living.len() / samples.max(1)).max(1)).take(samples) {
            let put = homes.get(*home).map(|home| home.read(*row, &mut buffer)).transpose()?.flatten();
            if let Some(vector) = put.and_then(|put| Vector::unit(put.numbers()).ok()) {
                chosen.push(Sample { vector, best: Vec::with_capacity(most + 1) });
            }
        }
        for (home, row) in &living {
            let Some(put) = homes.get(*home).map(|home| home.read(*row, &mut buffer)).transpose()?.flatten() else {
                continue;
            };
            for Sample { vector, best } in &mut chosen {
                let score = code::dot(vector.as_slice(), put.vector).clamp(-1.0, 1.0);
                if best.len() < most || best.last().is_some_and(|last| *last < score) {
                    best.insert(best.partition_point(|other| *other >= score), score);
                    best.truncate(most);
                }
            }
        }
        let (mut found, mut all) = (0, 0);
        for Sample { vector, best } in &chosen {
            // Any that is as near as the last is as good.
            let Some(last) = best.last() else {
                continue;
            };
            let hits = snapshot.search(vector, self.width, most, None)?;
            found += hits.iter().filter(|hit| hit.score >= *last).count();
            all += best.len();
        }
        Ok((all > 0).then(|| found as f64 / all as f64))
    }
}
