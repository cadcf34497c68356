/// Bytes worked on per step of fuel.
const BYTES_PER_STEP: usize = 16;

/// Remaining evaluation steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fuel(pub(super) u32);

/// All steps are used up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent;

impl Fuel {
    /// This many.
    pub(crate) fn of(steps: u32) -> Self {
        Fuel(steps)
    }

    pub(crate) fn left(self) -> u32 {
        self.0
    }

    pub(crate) fn step(&mut self) -> Result<(), Spent> {
        self.steps(1)
    }

    /// For work over this many bytes.
    pub(crate) fn bytes(&mut self, bytes: usize) -> Result<(), Spent> {
        self.steps(steps(bytes / BYTES_PER_STEP))
    }

    /// For this many bytes of memory taken: charged tenfold, so that fuel bounds the arena's growth too.
    pub(crate) fn memory(&mut self, bytes: usize) -> Result<(), Spent> {
        self.bytes(bytes.saturating_mul(10))
    }

    /// For memory that grows in small pieces: as much as if it had been taken at once.
    pub(crate) fn growth(&mut self, from: usize, to: usize) -> Result<(), Spent> {
        let cost = |bytes: usize| bytes.saturating_mul(10) / BYTES_PER_STEP;
        self.steps(steps(cost(to).saturating_sub(cost(from))))
    }

    /// For work over this many elements.
    pub(crate) fn elements(&mut self, count: usize) -> Result<(), Spent> {
        self.steps(steps(count))
    }

    /// For putting this many elements in order, with this many bytes to compare. Sorts cannot stop halfway.
    pub(crate) fn sorting(&mut self, count: usize, bytes: usize) -> Result<(), Spent> {
        let rounds = count.checked_ilog2().unwrap_or_default().saturating_add(1);
        for _ in 0..rounds {
            self.elements(count)?;
            self.bytes(bytes)?;
        }
        Ok(())
    }

    pub(crate) fn steps(&mut self, steps: u32) -> Result<(), Spent> {
        match self.0.checked_sub(steps) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                self.0 = 0;
                Err(Spent)
            }
        }
    }
}

fn steps(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
