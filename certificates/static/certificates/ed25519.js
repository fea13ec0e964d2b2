/* Does an Ed25519 signature hold? The browser's own Web Crypto where it knows the algorithm (Chrome 137, Firefox 129,
   Safari 17), else the same in whole numbers (RFC 8032 §5.1.7). Everything here is public, so time tells no secret.
   verifies(key, signature, data): Uint8Arrays of 32 and 64 bytes and any; a promise of true or false, which fails where
   the page is not in a secure context (plain http). */
(() => {
  "use strict";
  const P = 2n ** 255n - 19n;
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const mod = (a) => { const r = a % P; return r < 0n ? r + P : r; };
  const power = (base, exponent) => {
    let result = 1n;
    for (base = mod(base); exponent > 0n; exponent >>= 1n) {
      if (exponent & 1n) result = mod(result * base);
      base = mod(base * base);
    }
    return result;
  };
  const D = mod(-121665n * power(121666n, P - 2n));
  const ROOT = power(2n, (P - 1n) / 4n); // of -1
  const number = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

  // Points as (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z.
  const ZERO = [0n, 1n, 1n, 0n];
  const add = ([x1, y1, z1, t1], [x2, y2, z2, t2]) => {
    const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2));
    const c = mod(2n * t1 * t2 * D), d = mod(2n * z1 * z2);
    const e = b - a, f = d - c, g = d + c, h = b + a;
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  };
  const times = (point, factor) => {
    let result = ZERO;
    for (; factor > 0n; factor >>= 1n) {
      if (factor & 1n) result = add(result, point);
      point = add(point, point);
    }
    return result;
  };
  const same = ([x1, y1, z1], [x2, y2, z2]) => mod(x1 * z2 - x2 * z1) === 0n && mod(y1 * z2 - y2 * z1) === 0n;
  const pointOf = (bytes) => {
    const sign = bytes[31] >> 7, copy = Uint8Array.from(bytes);
    copy[31] &= 127;
    const y = number(copy);
    if (y >= P) return null;
    const u = mod(y * y - 1n), v = mod(D * y * y + 1n);
    let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
    if (mod(v * x * x) === mod(-u)) x = mod(x * ROOT);
    else if (mod(v * x * x) !== u) return null;
    if (x === 0n && sign) return null;
    if (Number(x & 1n) !== sign) x = P - x;
    return [x, y, 1n, mod(x * y)];
  };
  const BASE = pointOf(Uint8Array.from([0x58, ...new Array(31).fill(0x66)]));

  async function inNumbers(key, signature, data) {
    const a = pointOf(key), r = pointOf(signature.slice(0, 32)), s = number(signature.slice(32));
    if (!a || !r || s >= L) return false;
    const said = Uint8Array.from([...signature.slice(0, 32), ...key, ...data]);
    const h = number(new Uint8Array(await crypto.subtle.digest("SHA-512", said))) % L;
    return same(times(BASE, s), add(r, times(a, h)));
  }

  async function verifies(key, signature, data) {
    if (key.length !== 32 || signature.length !== 64) return false;
    let imported;
    try {
      imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    } catch {
      return inNumbers(key, signature, data);
    }
    return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, data);
  }

  window.ed25519 = { verifies, inNumbers };
})();
