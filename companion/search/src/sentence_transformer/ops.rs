//! What is done to numbers between two matrix products, in one pass each and on the thread that calls.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Error, Layout, Result, Shape, Tensor, cpu};

/// Adds a bias to every row, of one bias a row.
pub(super) fn biased(rows: &Tensor, bias: &Tensor) -> Result<Tensor> {
    rows.apply_op2_no_bwd(bias, &Biased(|number: f32| number))
}

/// The same, and then the activation.
pub(super) fn biased_gelu(rows: &Tensor, bias: &Tensor) -> Result<Tensor> {
    rows.apply_op2_no_bwd(bias, &Biased(gelu))
}

/// Turns columns to rows, and adds to every row the bias and the row in that place of another.
pub(super) fn turned_onto(columns: &Tensor, bias: &Tensor, rows: &Tensor) -> Result<Tensor> {
    columns.apply_op3_no_bwd(bias, rows, &TurnedOnto)
}

/// What is done to a number after its bias is added is a part of the type: it is inlined into the loop.
struct Biased<F>(F);

struct TurnedOnto;

impl<F: Fn(f32) -> f32> CustomOp2 for Biased<F> {
    fn name(&self) -> &'static str {
        "biased"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, bias) = (contiguous(s1, l1)?, contiguous(s2, l2)?);
        let (height, width) = l1.shape().dims2()?;
        same(height, bias.len())?;
        let mut numbers = Vec::with_capacity(rows.len());
        for (row, bias) in rows.chunks_exact(width).zip(bias) {
            numbers.extend(row.iter().map(|number| (self.0)(number + bias)));
        }
        Ok((CpuStorage::F32(numbers), l1.shape().clone()))
    }
}

impl CustomOp3 for TurnedOnto {
    fn name(&self) -> &'static str {
        "turned onto"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (columns, bias, rows) = (contiguous(s1, l1)?, contiguous(s2, l2)?, contiguous(s3, l3)?);
        let (width, height) = l1.shape().dims2()?;
        same(width, bias.len())?;
        same(width * height, rows.len())?;
        let mut numbers = rows.to_vec();
        for ((at, column), bias) in columns.chunks_exact(height).enumerate().zip(bias) {
            let place = numbers.iter_mut().skip(at).step_by(width);
            place.zip(column).for_each(|(number, added)| *number += added + bias);
        }
        Ok((CpuStorage::F32(numbers), (height, width).into()))
    }
}

fn gelu(number: f32) -> f32 {
    0.5 * number * (1.0 + cpu::erf::erf_f32(number * std::f32::consts::FRAC_1_SQRT_2))
}

fn contiguous<'s>(storage: &'s CpuStorage, layout: &Layout) -> Result<&'s [f32]> {
    let (start, end) = layout.contiguous_offsets().ok_or_else(|| Error::msg("an operand is not contiguous"))?;
    storage.as_slice::<f32>()?.get(start..end).ok_or_else(|| Error::msg("an operand is too short"))
}

fn same(given: usize, wanted: usize) -> Result<()> {
    match given == wanted {
        true => Ok(()),
        false => Err(Error::msg(format!("{given} where {wanted} are wanted"))),
    }
}
