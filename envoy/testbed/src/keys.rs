use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// The `iss` that the bootstrap's provider accepts.
pub const ISSUER: &str = "https://issuer.example";

/// The `aud` that the bootstrap's provider accepts.
pub const AUDIENCE: &str = "tollgate-demo";

/// The only key's id.
const KEY_ID: &str = "demo";

/// An ES256 key made at run time, which signs tokens as an identity provider would.
#[derive(Debug)]
pub struct Keys {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Keys {
    /// Makes a new key.
    ///
    /// # Errors
    ///
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<Self> {
        let random = SystemRandom::new();
        let failed = |_| anyhow!("no ES256 key could be made");
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(failed)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
            .map_err(|why| anyhow!("the new ES256 key is refused: {why}"))?;
        Ok(Keys { pair, random })
    }

    /// The JSON Web Key Set with the public key.
    #[must_use]
    pub fn jwks(&self) -> Value {
        // An uncompressed point: one byte of form, then both coordinates.
        let point = self.pair.public_key().as_ref();
        let (x, y) = point.split_at_checked(1).map_or((point, point), |(_, rest)| rest.split_at(rest.len() / 2));
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        }]})
    }

    /// A signed token with these claims, valid from now for `lifetime`. `iss`, `aud`, `iat` and `exp` are added unless
    /// `claims` has them.
    ///
    /// # Errors
    ///
    /// When `claims` is not an object, or signing fails.
    pub fn token(&self, claims: &Value, lifetime: Duration) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let mut all = json!({
            "iss": ISSUER, "aud": AUDIENCE, "iat": now.as_secs(), "exp": (now + lifetime).as_secs(),
        });
        let given = claims.as_object().ok_or_else(|| anyhow!("claims must be an object, not `{claims}`"))?;
        if let Some(all) = all.as_object_mut() {
            all.extend(given.clone());
        }
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": KEY_ID});
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&all));
        let signature = self.pair.sign(&self.random, signed.as_bytes()).map_err(|_| anyhow!("signing failed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
