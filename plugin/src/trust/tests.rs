use ed25519_compact::{KeyPair, Seed};
use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::SnapshotId;

use super::*;

const ID: SnapshotId = SnapshotId { epoch: 2, version: 7 };

fn pair(seed: u8) -> KeyPair {
    KeyPair::from_seed(Seed::new([seed; 32]))
}

fn trust(keys: &[(&str, u8)]) -> Trust {
    let keys = keys.iter().map(|(id, seed)| Key { id: (*id).into(), public: PublicKey::new(*pair(*seed).pk).unwrap() });
    Trust { audience: "prod".into(), keys: keys.collect() }
}

fn signed(key: &str, seed: u8, audience: &str) -> Attestation {
    let statement = Attestation::statement(audience, ID, &Digest([3; 32]), 1000);
    let signature = *pair(seed).sk.sign(statement, None);
    Attestation { key: key.to_owned(), audience: audience.to_owned(), issued_at: 1000, signature }
}

fn head(attestations: Vec<Attestation>) -> Head {
    Head { id: ID, digest: Digest([3; 32]), attestations }
}

#[test]
fn a_signature_of_any_configured_key_counts() {
    let trust = trust(&[("old", 1), ("new", 2)]);
    for attestation in [signed("old", 1, "prod"), signed("new", 2, "prod")] {
        assert_eq!(trust.check(&head(vec![attestation])), Ok(1000));
    }
    let among_others = vec![signed("other", 9, "prod"), signed("old", 1, "test"), signed("new", 2, "prod")];
    assert_eq!(trust.check(&head(among_others)), Ok(1000));
}

#[test]
fn what_counts_for_nothing_is_refused_with_the_reason_that_comes_closest() {
    let trust = trust(&[("k", 1)]);
    let refusal = |attestations| trust.check(&head(attestations)).unwrap_err().to_string();
    assert_eq!(refusal(vec![]), "it is not signed");
    let stranger = signed("other", 1, "prod");
    assert!(refusal(vec![stranger.clone()]).contains("`other`, which is none of the configured keys"));
    let elsewhere = signed("k", 1, "test");
    assert!(refusal(vec![stranger, elsewhere]).contains("the audience `test`"));
    assert!(refusal(vec![signed("k", 2, "prod")]).contains("signature with the key `k` is wrong"));
}

#[test]
fn a_signature_is_of_everything_that_it_says() {
    let trust = trust(&[("k", 1)]);
    let good = head(vec![signed("k", 1, "prod")]);
    assert!(trust.check(&good).is_ok());
    let mut others = [good.clone(), good.clone(), good.clone(), good.clone()];
    others[0].id.version += 1;
    others[1].id.epoch += 1;
    others[2].digest.0[0] ^= 1;
    others[3].attestations[0].issued_at += 1;
    for other in others {
        assert_eq!(trust.check(&other), Err(Untrusted::Signature("k".to_owned())));
    }
    let mut relabelled = head(vec![signed("k", 1, "test")]);
    relabelled.attestations[0].audience = "prod".to_owned();
    assert_eq!(trust.check(&relabelled), Err(Untrusted::Signature("k".to_owned())));
}

#[test]
fn a_signature_has_one_form() {
    let trust = trust(&[("k", 1)]);
    let good = signed("k", 1, "prod");
    // The order of the group, which added to a scalar changes nothing of what it does.
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut malleated = good.clone();
    let mut carry = 0;
    for (byte, more) in malleated.signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert!(trust.check(&head(vec![malleated])).is_err());
    for bit in 0..512 {
        let mut flipped = good.clone();
        flipped.signature[bit / 8] ^= 1 << (bit % 8);
        assert!(trust.check(&head(vec![flipped])).is_err(), "bit {bit}");
    }
}

#[test]
fn points_of_small_order_are_no_keys_and_sign_nothing() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut order_two = [0xff; 32];
    (order_two[0], order_two[31]) = (0xec, 0x7f);
    let not_canonical = {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xee, 0x7f);
        bytes
    };
    for bytes in [identity, order_two, [0; 32], not_canonical] {
        assert_eq!(PublicKey::new(bytes), None);
        let mut forged = signed("k", 1, "prod");
        forged.signature = [0; 64];
        forged.signature[..32].copy_from_slice(&bytes);
        assert!(trust(&[("k", 1)]).check(&head(vec![forged])).is_err());
    }
}

#[test]
fn a_part_of_the_index_snapshot_is_signed_as_such() {
    let trust = trust(&[("k", 1)]);
    let signed =
        |statement: Vec<u8>| Attestation { signature: *pair(1).sk.sign(statement, None), ..signed("k", 1, "prod") };
    let head = |attestation| PartHead { digest: Digest([3; 32]), attestations: vec![attestation] };
    let good = signed(PartHead::statement("prod", &Digest([3; 32]), 1000));
    assert_eq!(trust.check_part(&head(good.clone())), Ok(1000));
    let others = [
        signed(PartHead::statement("test", &Digest([3; 32]), 1000)),
        signed(PartHead::statement("prod", &Digest([4; 32]), 1000)),
        signed(PartHead::statement("prod", &Digest([3; 32]), 1001)),
        signed(Attestation::statement("prod", ID, &Digest([3; 32]), 1000)),
    ];
    for other in others {
        assert_eq!(trust.check_part(&head(other)), Err(Untrusted::Signature("k".to_owned())));
    }
    assert_eq!(trust.check_part(&PartHead { attestations: vec![], ..head(good.clone()) }), Err(Untrusted::Unsigned));
    let as_snapshot = Head { id: ID, digest: Digest([3; 32]), attestations: vec![good] };
    assert_eq!(trust.check(&as_snapshot), Err(Untrusted::Signature("k".to_owned())));
}
