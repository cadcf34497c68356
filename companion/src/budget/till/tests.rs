use super::*;

fn till() -> (Till, Jobs) {
    Till::new(Arc::new(Metrics::new(None)))
}

fn renewal(number: u32, tokens: u64) -> Work {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    Work::Renew { id: ReservationId(id), so_far: Amounts::new(tokens, 0) }
}

fn so_far(job: &Job) -> u64 {
    match &*job.work {
        Work::Renew { so_far, .. } => so_far.tokens(),
        other @ Work::Settle { .. } => panic!("{other:?}"),
    }
}

fn hearer(sequence: u64) -> (Hearer, mpsc::UnboundedReceiver<u64>) {
    let (done, heard) = mpsc::unbounded_channel();
    (Hearer { sequence, done }, heard)
}

#[test]
fn what_is_said_again_waits_once_and_all_who_wait_hear_of_it() {
    let (till, mut jobs) = till();
    let ((first, mut first_heard), (second, mut second_heard)) = (hearer(1), hearer(7));
    let (gone, _) = hearer(3);
    for hearer in [first, gone, second] {
        assert!(till.add(renewal(1, 10), Some(hearer)));
    }
    assert_eq!(jobs.len(), 1);
    let mut job = jobs.try_recv().unwrap();
    assert!(jobs.try_recv().is_none());
    assert!(job.finish());
    assert_eq!((first_heard.try_recv(), second_heard.try_recv()), (Ok(1), Ok(7)));
    assert_eq!(jobs.len(), 0);
    assert!(till.add(renewal(1, 10), None));
    assert_eq!(jobs.len(), 1, "it may be said again later");
}

#[test]
fn what_more_is_said_of_a_call_meanwhile_is_not_heard_of_before_it_is_done() {
    let (till, mut jobs) = till();
    let ((first, mut first_heard), (second, mut second_heard)) = (hearer(1), hearer(2));
    till.add(renewal(1, 10), Some(first));
    let mut job = jobs.try_recv().unwrap();
    till.add(renewal(1, 30), Some(second));
    till.add(renewal(1, 20), None);
    assert_eq!((so_far(&job), job.finish()), (10, false));
    assert!(first_heard.try_recv().is_err() && second_heard.try_recv().is_err());
    assert_eq!((so_far(&job), job.finish()), (30, true));
    assert_eq!((first_heard.try_recv(), second_heard.try_recv()), (Ok(1), Ok(2)));
}

#[test]
fn a_full_till_takes_nothing_new_until_something_is_done() {
    let (till, mut jobs) = till();
    let most = u32::try_from(MOST_WAITING).unwrap();
    assert!((0..most).all(|number| till.add(renewal(number, 1), None)));
    assert!(!till.add(renewal(most, 1), None));
    assert!(till.add(renewal(0, 2), None), "it waits already");
    let mut job = jobs.try_recv().unwrap();
    assert!(job.finish());
    assert!(till.add(renewal(most, 1), None));
}

#[test]
fn after_the_end_nothing_is_taken() {
    let (till, mut jobs) = till();
    jobs.close();
    assert!(!till.add(renewal(1, 1), None));
    assert_eq!(jobs.len(), 0);
}
