//! One tile or strip of a TIFF: unpacked, differences undone, bytes made numbers (TIFF 6.0, and Adobe's technical note 3 on
//! floating-point differences).
//!
//! By hand, because the crate `tiff` 0.11 does not read LZW tiles that reach over the right edge as GDAL writes them.

use std::io::Read;

use flate2::read::ZlibDecoder;
use weezl::BitOrder;
use weezl::LzwStatus;
use weezl::decode::Decoder as LzwDecoder;

/// How the bytes of a tile or strip are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Deflate,
    Lzw,
    PackBits,
}

/// Type of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    F64,
}

impl Sample {
    /// The type of so many bits in a form of TIFF's tag 339; `None` for types that are not read.
    pub(super) fn new(form: u16, bits: u16) -> Option<Sample> {
        Some(match (form, bits) {
            (1, 8) => Sample::U8,
            (1, 16) => Sample::U16,
            (1, 32) => Sample::U32,
            (2, 8) => Sample::I8,
            (2, 16) => Sample::I16,
            (2, 32) => Sample::I32,
            (3, 32) => Sample::F32,
            (3, 64) => Sample::F64,
            _ => return None,
        })
    }

    /// Bytes of one number.
    pub(super) fn bytes(self) -> usize {
        match self {
            Sample::U8 | Sample::I8 => 1,
            Sample::U16 | Sample::I16 => 2,
            Sample::U32 | Sample::I32 | Sample::F32 => 4,
            Sample::F64 => 8,
        }
    }

    /// As GDAL and numpy call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Sample::U8 => "uint8",
            Sample::I8 => "int8",
            Sample::U16 => "uint16",
            Sample::I16 => "int16",
            Sample::U32 => "uint32",
            Sample::I32 => "int32",
            Sample::F32 => "float32",
            Sample::F64 => "float64",
        }
    }

    fn number(self, raw: u64) -> f64 {
        match self {
            Sample::U8 | Sample::U16 | Sample::U32 => raw as f64,
            Sample::I8 => f64::from(raw as u8 as i8),
            Sample::I16 => f64::from(raw as u16 as i16),
            Sample::I32 => f64::from(raw as u32 as i32),
            Sample::F32 => f64::from(f32::from_bits(raw as u32)),
            Sample::F64 => f64::from_bits(raw),
        }
    }
}

/// The bytes unpacked, `wanted` of them. Memory grows with what there is, not with what is wanted.
/// # Errors
/// What is wrong with them.
pub(super) fn unpack(bytes: &[u8], packing: Packing, wanted: usize) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match packing {
        Packing::None => out.extend_from_slice(bytes.get(..wanted).unwrap_or(bytes)),
        Packing::Deflate => {
            let read = ZlibDecoder::new(bytes).take(wanted as u64).read_to_end(&mut out);
            // what came before the damage is of no use: which cells are missing could not be told
            read.map_err(|error| format!("its deflate stream is broken ({error})"))?;
        }
        Packing::Lzw => unpack_lzw(bytes, wanted, &mut out)?,
        Packing::PackBits => unpack_bits(bytes, wanted, &mut out),
    }
    if out.len() < wanted {
        return Err(format!("they unpack to {} bytes instead of {wanted}", out.len()));
    }
    out.truncate(wanted);
    Ok(out)
}

fn unpack_lzw(mut bytes: &[u8], wanted: usize, out: &mut Vec<u8>) -> Result<(), String> {
    const STEP: usize = 1 << 16;
    let mut decoder = LzwDecoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let mut buffer = vec![0; STEP];
    while out.len() < wanted {
        let result = decoder.decode_bytes(bytes, &mut buffer);
        bytes = &bytes[result.consumed_in.min(bytes.len())..];
        out.extend_from_slice(&buffer[..result.consumed_out.min(STEP)]);
        match result.status {
            Ok(LzwStatus::Ok) if result.consumed_in > 0 || result.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(format!("its LZW stream is broken ({error})")),
        }
    }
    Ok(())
}

fn unpack_bits(mut bytes: &[u8], wanted: usize, out: &mut Vec<u8>) {
    while let ([count, rest @ ..], true) = (bytes, out.len() < wanted) {
        bytes = match *count as i8 {
            -128 => rest,
            count if count >= 0 => {
                let length = (count as usize + 1).min(rest.len());
                out.extend_from_slice(&rest[..length]);
                &rest[length..]
            }
            count => {
                let [value, rest @ ..] = rest else { return };
                out.extend(std::iter::repeat_n(*value, 1 + usize::from(count.unsigned_abs())));
                rest
            }
        };
    }
}

/// How the numbers of a row stand in its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub sample: Sample,
    pub big_endian: bool,
    /// 1 as they are, 2 differences, 3 differences of floating-point bytes.
    pub predictor: u16,
    /// Numbers of one cell.
    pub bands: usize,
}

impl Form {
    /// The numbers of one band, counted from 0, of a whole row of a tile or strip.
    pub(super) fn row(&self, bytes: &mut [u8], band: usize, values: &mut Vec<f64>) {
        let size = self.sample.bytes();
        let count = bytes.len() / size;
        values.clear();
        let cells = (0..count).filter(|at| at % self.bands == band);
        if self.predictor == 3 {
            for at in self.bands..bytes.len() {
                bytes[at] = bytes[at].wrapping_add(bytes[at - self.bands]);
            }
            // all first bytes of the row, then all second ones, the most significant first, whatever the order of the file
            let raw = |at: usize| (0..size).fold(0, |raw, byte| raw << 8 | u64::from(bytes[byte * count + at]));
            values.extend(cells.map(|at| self.sample.number(raw(at))));
            return;
        }
        let raw = |at: usize| {
            let own = &bytes[at * size..(at + 1) * size];
            let join = |raw, byte: &u8| raw << 8 | u64::from(*byte);
            if self.big_endian { own.iter().fold(0, join) } else { own.iter().rev().fold(0, join) }
        };
        if self.predictor == 2 {
            let mask = if size == 8 { u64::MAX } else { (1 << (8 * size)) - 1 };
            let mut before = 0u64;
            values.extend(cells.map(|at| {
                before = before.wrapping_add(raw(at)) & mask;
                self.sample.number(before)
            }));
        } else {
            values.extend(cells.map(|at| self.sample.number(raw(at))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_unpacked_as_in_the_specification() {
        // the example of Apple's technical note 1023
        let packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let plain = unpack(&packed, Packing::PackBits, 24).unwrap();
        let mut want = vec![0xaa; 3];
        want.extend([0x80, 0x00, 0x2a]);
        want.extend([0xaa; 4]);
        want.extend([0x80, 0x00, 0x2a, 0x22]);
        want.extend([0xaa; 10]);
        assert_eq!(plain, want);
        assert!(unpack(&packed[..10], Packing::PackBits, 24).is_err());
        assert!(unpack(&[], Packing::Lzw, 1).is_err() && unpack(&[1, 2, 3], Packing::Deflate, 1).is_err());
    }

    #[test]
    fn differences_wrap_around() {
        let form = Form { sample: Sample::U8, big_endian: false, predictor: 2, bands: 2 };
        let mut values = Vec::new();
        // two bands: 250, 250 + 10 = 4 modulo 256; and 1, 1 + 255 = 0
        form.row(&mut [250, 1, 10, 255], 0, &mut values);
        assert_eq!(values, [250.0, 4.0]);
        form.row(&mut [250, 1, 10, 255], 1, &mut values);
        assert_eq!(values, [1.0, 0.0]);
    }
}
