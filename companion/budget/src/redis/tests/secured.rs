use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

use super::server::{FORGETTING, Server, free_port};
use super::site::{Site, settings};
use crate::ledger::LedgerId;
use crate::redis::RedisSettings;
use crate::testing::Tested;
use crate::testing::calls::*;
use crate::*;

fn works(site: &Site<'_>) {
    site.wait_until_ready();
    let held = Tested(site).hold(&call(1, tokens(10), [line(Scope::Global, 100)]));
    assert_eq!(Tested(site).commit(&held.reservation, tokens(5)), Settled::Now);
}

/// What it says of why it cannot be asked.
fn why_away(site: &Site<'_>) -> String {
    let why = |site: &Site<'_>| match site.redis().readiness() {
        Err(StoreError::Unavailable(why)) if !why.contains("looked for") => Some(why),
        _ => None,
    };
    site.wait_for(|site| why(site).is_some());
    why(site).unwrap()
}

#[test]
fn a_password_is_read_from_a_file_with_every_connection() {
    let server = Server::start(&[&FORGETTING[..], &["--requirepass", "open sesame"]].concat());
    let file = server.folder().join("password");
    let with_password = RedisSettings { password: Some(file.clone()), ..settings(&server) };
    let without = Site::in_real_time(settings(&server), &server);
    assert!(why_away(&without).contains("NOAUTH"), "{}", why_away(&without));
    let site = Site::in_real_time(with_password, &server);
    assert!(why_away(&site).contains("cannot read a password"), "{}", why_away(&site));
    fs::write(&file, "wrong\n").unwrap();
    site.wait_for(|site| why_away(site).contains("authentication failed") || why_away(site).contains("WRONGPASS"));
    fs::write(&file, "open sesame\n").unwrap();
    works(&site);
}

/// As docs/budgets.md has it.
const COMMANDS: &str = "-@all +info +time +select +evalsha +script|load +get +set +del +unlink +expire +hget +hset \
                        +hsetnx +hdel +hmget +hgetall +zadd +zrem +zcard +zrange +zrangebylex +zrangebyscore";

#[test]
fn a_user_who_may_do_no_more_than_is_needed_can_do_everything() {
    let port = free_port().to_string();
    let server = Server::start(&[&FORGETTING[..], &["--port", &port]].concat());
    let file = server.folder().join("password");
    fs::write(&file, "open sesame\n").unwrap();
    let limited = RedisSettings {
        address: format!("redis://budget@127.0.0.1:{port}/2").parse().unwrap(),
        password: Some(file),
        ..settings(&server)
    };
    let keys = limited.prefix.state_key().replace(":state", ":*");
    let site = Site::in_real_time(limited, &server);
    let user = format!("ACL SETUSER budget on nopass ~{keys} {COMMANDS}");
    let _: () = site.command(&user.split_whitespace().collect::<Vec<_>>());
    works(&site);
    let store = Tested(&site);
    let held = store.hold(&Reserve { lease: seconds(1), ..call(2, tokens(10), [line(Scope::Global, 100)]) });
    assert!(store.renew(held.reservation.id, tokens(4), seconds(1)));
    site.wait_for(|site| !Tested(site).expire(10).is_empty());
    let day = held.reservation.counters.iter().next().unwrap().to_string();
    assert_eq!(store.adjust(&adjustment(1, &day, Change::By(5))).unwrap().used, 14);
    assert_eq!(store.holds(&Scopes::All, 10).all, 0);
    // All of it is lost, and given back.
    let _: () = site.command(&["FLUSHALL"]);
    site.wait_for(|site| site.runtime.block_on(site.redis().holds(&Scopes::All, 0)).is_ok());
    assert_eq!(store.counts()[0].1, 14);
    assert!(!site.runtime.block_on(site.redis().forget(LedgerId([9; 16]))).unwrap());
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// Writes a certificate and its key.
    fn certify(&self, folder: &Path, name: &str) {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
        fs::write(folder.join(format!("{name}-authority.pem")), &self.pem).unwrap();
    }
}

#[test]
fn tls_trusts_the_authorities_of_a_file_and_shows_a_certificate_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("ours");
    authority.certify(folder.path(), "server");
    authority.certify(folder.path(), "client");
    Authority::new("a stranger").certify(folder.path(), "stranger");
    let path = |name: &str| folder.path().join(name);
    let shown = |name: &str| path(name).display().to_string();
    let port = free_port();
    let mut arguments = vec!["--tls-port".to_owned(), port.to_string()];
    for (option, file) in [
        ("--tls-cert-file", "server.pem"),
        ("--tls-key-file", "server.key"),
        ("--tls-ca-cert-file", "server-authority.pem"),
    ] {
        arguments.extend([option.to_owned(), shown(file)]);
    }
    let arguments: Vec<&str> = FORGETTING.into_iter().chain(arguments.iter().map(String::as_str)).collect();
    let server = Server::start(&arguments);
    let trusting = |authority: &str, identity: Option<&str>| RedisSettings {
        address: format!("rediss://127.0.0.1:{port}").parse().unwrap(),
        authorities: Some(path(authority)),
        identity: identity.map(|name| (path(&format!("{name}.pem")), path(&format!("{name}.key")))),
        ..settings(&server)
    };
    works(&Site::in_real_time(trusting("server-authority.pem", Some("client")), &server));
    for (settings, expected) in [
        (trusting("stranger-authority.pem", Some("client")), "UnknownIssuer"),
        (trusting("server-authority.pem", Some("stranger")), "alert"),
        (trusting("server-authority.pem", None), "alert"),
        (trusting("nowhere.pem", Some("client")), "cannot read authorities"),
        (trusting("server.key", Some("client")), "cannot read authorities"),
    ] {
        let site = Site::in_real_time(settings, &server);
        let why = why_away(&site);
        assert!(why.contains(expected), "{expected} is not in {why}");
    }
    // The system trusts none that was made here.
    let system = RedisSettings { authorities: None, ..trusting("server-authority.pem", Some("client")) };
    let why = why_away(&Site::in_real_time(system, &server));
    assert!(why.contains("UnknownIssuer") || why.contains("what the system trusts"), "{why}");
}
