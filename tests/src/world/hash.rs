//! Numbers that look like chance and are the same each time.

/// Mixes numbers (`SplitMix64`, by Sebastiano Vigna, in the public domain).
pub fn hash_numbers(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0x9e37_79b9_7f4a_7c15, |state, number| {
        mix(state.wrapping_add(*number).wrapping_add(0x9e37_79b9_7f4a_7c15))
    })
}

/// Mixes a text (FNV-1a, then [`hash_numbers`]).
pub fn hash_text(text: &str) -> u64 {
    mix(text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// A UUID that is made of names.
pub fn made_up_uuid(names: &[&str]) -> String {
    let seeds: Vec<u64> = names.iter().map(|name| hash_text(name)).collect();
    let high = hash_numbers(&seeds);
    let low = hash_numbers(&[high]);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff,
    )
}

fn mix(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
