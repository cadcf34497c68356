use serde::Deserialize;
use tollgate_search::Vector;

use super::fault::Fault;

/// What one number of a vector takes in an answer at most, and what goes with each vector besides.
const BYTES_PER_NUMBER: usize = 40;
const BYTES_PER_VECTOR: usize = 1 << 10;

/// What an answer may hold besides its vectors.
const BYTES_BESIDES: usize = 64 << 10;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    index: usize,
    embedding: Vec<f32>,
}

/// The longest answer that is read, in bytes.
pub(super) fn longest(texts: usize, dimensions: usize) -> usize {
    let vector = dimensions.saturating_mul(BYTES_PER_NUMBER).saturating_add(BYTES_PER_VECTOR);
    texts.saturating_mul(vector).saturating_add(BYTES_BESIDES)
}

/// The vectors of an answer, in the order of the texts.
pub(super) fn vectors(body: &[u8], texts: usize, dimensions: usize) -> Result<Vec<Vector>, Fault> {
    let Answer { data } = serde_json::from_slice(body).map_err(Fault::Unreadable)?;
    if data.len() != texts {
        return Err(Fault::Count { given: data.len(), wanted: texts });
    }
    let mut vectors = vec![None; texts];
    for Row { index, embedding } in data {
        let place = vectors.get_mut(index).filter(|place| place.is_none()).ok_or(Fault::Index(index))?;
        if embedding.len() != dimensions {
            return Err(Fault::Dimensions { given: embedding.len(), wanted: dimensions });
        }
        *place = Some(Vector::normalised(embedding).map_err(|source| Fault::Vector { index, source })?);
    }
    Ok(vectors.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<Vector>, Fault> {
        vectors(body.as_bytes(), 2, 2)
    }

    #[test]
    fn vectors_come_in_the_order_of_their_indexes_at_unit_length() {
        let body = r#"{"object":"list","data":[{"index":1,"embedding":[0,-2]},{"object":"embedding","index":0,"embedding":[3.0,4e0]}]}"#;
        let vectors = read(body).unwrap();
        assert_eq!(vectors.iter().map(Vector::as_slice).collect::<Vec<_>>(), [[0.6, 0.8], [0.0, -1.0]]);
    }

    #[test]
    fn an_answer_that_cannot_be_right_is_told_with_what_is_wrong() {
        let row = |index: usize, numbers: &str| format!(r#"{{"index":{index},"embedding":[{numbers}]}}"#);
        let cases = [
            ("{}".to_owned(), "missing field `data`"),
            ("<html>".to_owned(), "cannot be read"),
            (r#"{"data":[]}"#.to_owned(), "0 vectors for 2 texts"),
            (format!(r#"{{"data":[{},{}]}}"#, row(0, "1,0"), row(0, "1,0")), "index 0"),
            (format!(r#"{{"data":[{},{}]}}"#, row(0, "1,0"), row(7, "1,0")), "index 7"),
            (format!(r#"{{"data":[{},{}]}}"#, row(0, "1,0"), row(1, "1,0,0")), "3 dimensions where 2"),
            (format!(r#"{{"data":[{},{}]}}"#, row(0, "1,0"), row(1, "1,NaN")), "cannot be read"),
            (format!(r#"{{"data":[{},{}]}}"#, row(0, "1,0"), row(1, "1,null")), "cannot be read"),
            (format!(r#"{{"data":[{},{}]}}"#, row(0, "1,0"), row(1, "1,1e300")), "out of range"),
            (format!(r#"{{"data":[{},{}]}}"#, row(0, "1,0"), row(1, "0,0")), "no direction"),
        ];
        for (body, said) in cases {
            let fault = read(&body).unwrap_err().to_string();
            assert!(fault.contains(said), "{body}: {fault}");
        }
    }

    #[test]
    fn an_answer_of_long_numbers_is_within_what_is_read() {
        let numbers = "\n      -1.2345678901234567e-308,".repeat(384);
        assert!(longest(1, 384) > numbers.len());
        assert_eq!(longest(usize::MAX, usize::MAX), usize::MAX);
    }
}
