use std::fmt;
use std::io;

use pulp::{Arch, Simd, WithSimd};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use super::Settings;
use super::code::Code;
use super::graph::{self, Graph};

/// A [`Code`] of a width that is known when this is compiled.
#[derive(Clone, Debug)]
#[repr(C)]
pub(super) struct Point<const N: usize> {
    steps: [i8; N],
    scale: f32,
}

impl<const N: usize> Point<N> {
    pub(super) fn of(code: &Code) -> Self {
        Point { steps: <[i8; N]>::try_from(&*code.steps).unwrap_or([0; N]), scale: code.scale }
    }

    /// The cosine between two vectors, nearly. Nothing overflows here, but to look whether it does takes ten times as long; and a
    /// loop is compiled for the processor that it is called on, where closures may not be.
    #[inline(always)]
    fn cosine(&self, other: &Point<N>) -> f32 {
        let mut sum = 0_i32;
        for (a, b) in self.steps.iter().zip(&other.steps) {
            sum = sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b)));
        }
        sum as f32 * (self.scale * other.scale)
    }
}

impl<const N: usize> instant_distance::Point for Point<N> {
    fn distance(&self, other: &Self) -> f32 {
        1.0 - Arch::new().dispatch(Cosine(self, other))
    }
}

struct Cosine<'p, const N: usize>(&'p Point<N>, &'p Point<N>);

impl<const N: usize> WithSimd for Cosine<'_, N> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        self.0.cosine(self.1)
    }
}

/// Compares one point with many.
pub(super) struct Cosines<'p, const N: usize, I> {
    pub(super) query: &'p Point<N>,
    pub(super) points: I,
    pub(super) into: &'p mut Vec<f32>,
}

impl<'p, const N: usize, I: Iterator<Item = &'p Point<N>>> WithSimd for Cosines<'p, N, I> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for point in self.points {
            self.into.push(self.query.cosine(point));
        }
    }
}

/// Points of one width, one behind the other.
pub(super) trait Points: Send + Sync + fmt::Debug {
    /// Adds one of the same width.
    fn push(&mut self, code: &Code);

    /// Whether one is the point of a code.
    fn is(&self, point: usize, code: &Code) -> bool;

    /// Appends the cosines, nearly, between a vector and `most` points from the `first` on.
    fn cosines(&self, query: &Code, first: usize, most: usize, into: &mut Vec<f32>);

    /// Makes a graph of them, with all threads of the pool that this is called in; and tells at which place in it each
    /// point is.
    fn into_graph(self: Box<Self>, settings: Settings) -> (Box<dyn Graph>, Vec<u32>);

    /// Bytes of memory.
    fn bytes(&self) -> usize;
}

impl<const N: usize> Points for Vec<Point<N>> {
    fn push(&mut self, code: &Code) {
        Vec::push(self, Point::of(code));
    }

    fn is(&self, point: usize, code: &Code) -> bool {
        self.get(point).is_some_and(|point| point.steps == *code.steps && point.scale == code.scale)
    }

    fn cosines(&self, query: &Code, first: usize, most: usize, into: &mut Vec<f32>) {
        let query = &Point::of(query);
        let points = self.get(first..).unwrap_or_default().iter().take(most);
        Arch::new().dispatch(Cosines { query, points, into });
    }

    fn into_graph(self: Box<Self>, settings: Settings) -> (Box<dyn Graph>, Vec<u32>) {
        graph::build(*self, settings)
    }

    fn bytes(&self) -> usize {
        self.capacity() * size_of::<Point<N>>()
    }
}

/// Calls a function that is generic over the width of points with a width that is known when it runs.
macro_rules! with_width {
    ($width:expr, $function:ident::<N>($($argument:expr),*)) => {
        match $width {
            ..=384 => $function::<384>($($argument),*),
            ..=768 => $function::<768>($($argument),*),
            ..=1536 => $function::<1536>($($argument),*),
            ..=3072 => $function::<3072>($($argument),*),
            _ => $function::<8192>($($argument),*),
        }
    };
}

/// Room for so many points.
pub(super) fn points(width: usize, capacity: usize) -> Box<dyn Points> {
    fn of<const N: usize>(capacity: usize) -> Box<dyn Points> {
        Box::new(Vec::<Point<N>>::with_capacity(capacity))
    }
    with_width!(width, of::<N>(capacity))
}

/// Reads a graph that [`Graph::save`] wrote.
pub(super) fn graph(width: usize, bytes: &[u8]) -> io::Result<Box<dyn Graph>> {
    use graph::load;
    with_width!(width, load::<N>(bytes))
}

impl<const N: usize> Serialize for Point<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let steps = self.steps.map(|step| step as u8);
        (serde_bytes(&steps), self.scale).serialize(serializer)
    }
}

/// Bytes, written as such.
fn serde_bytes(bytes: &[u8]) -> impl Serialize + '_ {
    struct Bytes<'b>(&'b [u8]);
    impl Serialize for Bytes<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }
    Bytes(bytes)
}

impl<'de, const N: usize> Deserialize<'de> for Point<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (Steps(steps), scale) = Deserialize::deserialize(deserializer)?;
        Ok(Point { steps, scale })
    }
}

struct Steps<const N: usize>([i8; N]);

impl<'de, const N: usize> Deserialize<'de> for Steps<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(StepsVisitor)
    }
}

struct StepsVisitor<const N: usize>;

impl<const N: usize> Visitor<'_> for StepsVisitor<N> {
    type Value = Steps<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Steps<N>, E> {
        let bytes = <[u8; N]>::try_from(bytes).map_err(|_| E::invalid_length(bytes.len(), &self))?;
        Ok(Steps(bytes.map(|byte| byte as i8)))
    }
}
