//! Packed files: a ZIP archive that holds layers, or one file behind gzip or Zstandard. They are unpacked into a temporary folder and read there.

use std::fs;
use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use encoding_rs::GB18030;
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::BlockDecodingStrategy;
use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::errors::ReadFrameHeaderError;
use tempfile::TempDir;

use crate::io::raster_file;
use crate::io::read;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::read::chosen;

/// How far a file may be unpacked.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Bytes in all.
    bytes: u64,
    /// Bytes that need no look at how much smaller they are packed.
    harmless: u64,
    /// Beyond that, how many times larger than packed.
    times: u64,
    files: usize,
}

const LIMITS: Limits = Limits { bytes: 16 << 30, harmless: 1 << 30, times: 200, files: 10_000 };

/// What was unpacked; the folder goes when this goes.
struct Unpacked {
    _folder: TempDir,
    /// Names within the archive and where they are now, those that can be read, by name.
    files: Vec<(String, PathBuf)>,
    /// Whether it holds files with names of their own.
    is_archive: bool,
}

/// Names of files that say something of the data and are no layer, in lower case and without their ending.
const ABOUT: [&str; 16] = [
    "readme",
    "version",
    "license",
    "licence",
    "copying",
    "copyright",
    "changelog",
    "changes",
    "notice",
    "authors",
    "metadata",
    "meta",
    "说明",
    "使用说明",
    "citation",
    "terms",
];

/// Whether a file says something of the data and is no layer: by a word of its name, or, of a text, because its first line names no columns.
fn is_about(name: &str, path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut words = stem.split(|c: char| !c.is_alphanumeric());
    if words.any(|word| ABOUT.contains(&word)) && !is(path, "shp") && !is(path, "gpkg") {
        return true;
    }
    let mut line = Vec::new();
    let is_text = is(Path::new(name), "txt");
    let read =
        is_text.then(|| File::open(path).map(|file| BufReader::new(file).take(1 << 16).read_until(b'\n', &mut line)));
    matches!(read, Some(Ok(Ok(_)))) && !line.iter().any(|byte| matches!(byte, b',' | b';' | b'\t' | b'|'))
}

/// The name of a layer: that of its file without the ending, where no other file has the same.
fn layer_name(files: &[(String, PathBuf)], at: usize) -> String {
    let stem = |name: &str| Path::new(name).with_extension("").to_string_lossy().into_owned();
    let own = stem(&files[at].0);
    let is_alone = files.iter().filter(|(name, _)| stem(name) == own).count() == 1;
    if is_alone { own } else { files[at].0.clone() }
}

/// Names the layers: those of the only file, or else the files.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Content`] as [`read`].
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    let unpacked = unpacked(request, LIMITS)?;
    match &unpacked.files[..] {
        [(name, path)] => {
            let shown = format!("{}/{name}", request.shown);
            read::layers(&ReadRequest { path, shown: &shown, ..*request })
        }
        files => Ok(files.iter().map(|(name, _)| name.clone()).collect()),
    }
}

/// Reads the only file of a format that can be read, or the one that `layer` names.
///
/// The files of a shapefile count as one. Names that are not UTF-8 are read as GB18030.
/// # Errors
/// [`ReadError::Open`]; [`ReadError::Content`] for a file that is not packed as its ending says, is damaged, holds nothing that
/// can be read, or would unpack to more than 16 GiB, or to more than 1 GiB and 200 times its size; those of the format.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let unpacked = unpacked(request, LIMITS)?;
    let files = &unpacked.files;
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    // a layer may be called with the ending of its file or without it
    let own = (0..files.len()).find(|at| request.layer == Some(&layer_name(files, *at)));
    let whole = (0..files.len()).find(|at| request.layer == Some(&files[*at].0));
    let (at, layer) = match (whole.or(own), files.len()) {
        (Some(at), _) => (at, None),
        (None, 1) => (0, request.layer),
        _ => (chosen(request, &names, &[])?, None),
    };
    let (name, path) = &files[at];
    let shown = format!("{}/{name}", request.shown);
    let info = read::read(&ReadRequest { path, shown: &shown, layer, ..*request }, sink)?;
    let layer = info.layer.or_else(|| unpacked.is_archive.then(|| layer_name(files, at)));
    Ok(LayerInfo { layer, ..info })
}

fn content(request: &ReadRequest<'_>, what: impl Into<String>) -> ReadError {
    ReadError::Content { shown: request.shown.to_owned(), what: what.into() }
}

/// All files of an archive, or the one that is packed by itself, by their names within it; the folder goes when what is returned goes.
/// # Errors
/// As [`read`].
pub(super) fn extracted(request: &ReadRequest<'_>) -> Result<(TempDir, Vec<(String, PathBuf)>), ReadError> {
    extracted_within(request, LIMITS)
}

fn extracted_within(request: &ReadRequest<'_>, limits: Limits) -> Result<(TempDir, Vec<(String, PathBuf)>), ReadError> {
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let file = File::open(request.path).map_err(not_open)?;
    let packed = file.metadata().map_err(not_open)?.len();
    let folder = tempfile::tempdir().map_err(not_open)?;
    let most = limits.bytes.min(limits.harmless.max(packed.saturating_mul(limits.times)));
    let files = if is(request.path, "gz") {
        vec![alone(request, MultiGzDecoder::new(BufReader::new(file)), folder.path(), most)?]
    } else if is(request.path, "zst") {
        vec![alone(request, Frames::new(BufReader::new(file)), folder.path(), most)?]
    } else {
        unzipped(request, file, folder.path(), most, limits.files)?
    };
    Ok((folder, files))
}

fn unpacked(request: &ReadRequest<'_>, limits: Limits) -> Result<Unpacked, ReadError> {
    let (folder, files) = extracted_within(request, limits)?;
    let is_readable = |path: &Path| {
        let driver = read::driver(path);
        driver.is_some_and(|driver| driver.read.is_some() && !driver.extensions.contains(&"zip"))
    };
    let has_shapes = |path: &Path| {
        files.iter().any(|(_, other)| {
            other.file_stem() == path.file_stem() && is(other, "shp") && other.parent() == path.parent()
        })
    };
    let mut readable: Vec<(String, PathBuf)> =
        files.iter().filter(|(_, path)| is_readable(path) && !(is(path, "dbf") && has_shapes(path))).cloned().collect();
    readable.sort();
    // what says something of the data is a layer only where there is nothing else
    if readable.iter().any(|(name, path)| !is_about(name, path)) {
        readable.retain(|(name, path)| !is_about(name, path));
    }
    if readable.is_empty() {
        let names: Vec<&str> = files.iter().take(10).map(|(name, _)| name.as_str()).collect();
        let raster = files.iter().find_map(|(_, path)| raster_file::other_raster(path));
        let advice = raster.map(|what| format!("; one of them {what}")).unwrap_or_default();
        return Err(content(
            request,
            format!("holds no file of a format that can be read (files: {}){advice}", names.join(", ")),
        ));
    }
    Ok(Unpacked { _folder: folder, files: readable, is_archive: !is(request.path, "gz") && !is(request.path, "zst") })
}

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|other| other.eq_ignore_ascii_case(ending))
}

/// Copies at most `most` bytes and tells how many.
fn copied(request: &ReadRequest<'_>, from: impl Read, to: &Path, most: u64) -> Result<u64, ReadError> {
    let damaged =
        |error: io::Error| content(request, format!("the packed file is damaged, or the disk is full: {error}"));
    let mut file = File::create(to).map_err(damaged)?;
    let bytes = io::copy(&mut from.take(most.saturating_add(1)), &mut file).map_err(damaged)?;
    if bytes > most { Err(too_large(request, bytes)) } else { Ok(bytes) }
}

fn too_large(request: &ReadRequest<'_>, bytes: u64) -> ReadError {
    content(request, format!("would unpack to {} MB or more; unpack it yourself if it is what you expect", bytes >> 20))
}

/// One file that is packed by itself: its name is that of the packed file without the last ending.
fn alone(
    request: &ReadRequest<'_>,
    content: impl Read,
    folder: &Path,
    most: u64,
) -> Result<(String, PathBuf), ReadError> {
    let name = request.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let to = folder.join(&name);
    copied(request, content, &to, most)?;
    Ok((name, to))
}

/// The content of a Zstandard file (RFC 8878): its frames one after another, those to be skipped left out, checksums compared. A frame
/// whose window is larger than the decoder's bound (100 MiB) is an error.
struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    is_in_frame: bool,
    frames: u64,
}

impl<R: BufRead> Frames<R> {
    fn new(source: R) -> Frames<R> {
        Frames { source, decoder: FrameDecoder::new(), is_in_frame: false, frames: 0 }
    }

    /// Goes to the next frame with content; `false` when there is no more.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            self.frames += 1;
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.source).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        if self.frames == 0 { Err(io::Error::other("it is empty")) } else { Ok(false) }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.is_in_frame {
                while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                    let block = BlockDecodingStrategy::UptoBlocks(1);
                    self.decoder.decode_blocks(&mut self.source, block).map_err(io::Error::other)?;
                }
                let count = self.decoder.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
                let said = self.decoder.get_checksum_from_data();
                if said.is_some() && said != self.decoder.get_calculated_checksum() {
                    return Err(io::Error::other("the checksum does not fit the content"));
                }
            }
            self.is_in_frame = self.next_frame()?;
            if !self.is_in_frame {
                return Ok(0);
            }
        }
    }
}

fn unzipped(
    request: &ReadRequest<'_>,
    file: File,
    folder: &Path,
    most: u64,
    most_files: usize,
) -> Result<Vec<(String, PathBuf)>, ReadError> {
    let damaged = |error: zip::result::ZipError| content(request, format!("is no sound ZIP archive: {error}"));
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    if archive.len() > most_files {
        return Err(content(request, format!("holds {} files; unpack it yourself", archive.len())));
    }
    let mut left = most;
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(damaged)?;
        let raw = entry.name_raw();
        let name = match std::str::from_utf8(raw) {
            Ok(name) => name.to_owned(),
            Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
        };
        let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
        let is_hidden = parts.iter().any(|part| part.starts_with('.') || *part == "__MACOSX");
        if entry.is_dir() || parts.is_empty() || is_hidden {
            continue;
        }
        if entry.size() > left {
            return Err(too_large(request, most - left + entry.size()));
        }
        let to = parts.iter().fold(folder.to_owned(), |path, part| path.join(part.replace([':', '\0'], "_")));
        let parent = to.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| content(request, format!("cannot be unpacked: {error}")))?;
        left -= copied(request, entry, &to, left)?;
        files.push((parts.join("/"), to));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    #[test]
    fn what_unpacks_to_too_much_is_refused_whatever_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv.gz");
        let mut packed = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        packed.write_all(&vec![b' '; 1 << 20]).unwrap();
        packed.finish().unwrap();
        let request = ReadRequest::new(&path, "a.csv.gz");
        for (harmless, times, is_refused) in [(1 << 19, 2, true), (1 << 20, 2, false), (0, 10_000, false)] {
            let limits = Limits { harmless, times, ..LIMITS };
            let message = unpacked(&request, limits).err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(message.contains("would unpack to"), is_refused, "{harmless} {times}: {message}");
        }
    }

    /// What [`frame_text`] is by `zstd -19` (1.5.4), with its checksum.
    #[rustfmt::skip]
    const FRAME: [u8; 47] = [
        40, 181, 47, 253, 4, 104, 21, 1, 0, 216, 105, 100, 44, 108, 111, 110,
        44, 108, 97, 116, 10, 48, 48, 49, 50, 44, 49, 49, 56, 46, 56, 44,
        51, 50, 46, 48, 53, 1, 0, 7, 145, 58, 199, 52, 179, 93, 78,
    ];

    fn frame_text() -> Vec<u8> {
        ["id,lon,lat\n", &"0012,118.8,32.05\n".repeat(20)].concat().into_bytes()
    }

    #[test]
    fn frames_are_read_one_after_another() {
        let text = frame_text();
        let unpack = |bytes: &[u8]| {
            let mut content = Vec::new();
            Frames::new(bytes).read_to_end(&mut content).map(|_| content)
        };
        assert_eq!(unpack(&FRAME).unwrap(), text);
        // a frame to be skipped between two others
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let several = [&FRAME[..], &skipped, &FRAME].concat();
        assert_eq!(unpack(&several).unwrap(), [text.clone(), text].concat());
        let mut wrong = FRAME;
        wrong[FRAME.len() - 1] ^= 1;
        assert!(unpack(&wrong).unwrap_err().to_string().contains("checksum"));
        for broken in [&FRAME[..20], &FRAME[..3], &skipped[..9], b"", b"id,lon,lat\n"] {
            assert!(unpack(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn no_damage_makes_the_frames_panic() {
        for at in 0..FRAME.len() {
            for byte in [0, 0x7f, 0xff, FRAME[at] ^ 1, FRAME[at] ^ 0x80] {
                let mut bytes = FRAME;
                bytes[at] = byte;
                let most = 1 << 20;
                let _ = io::copy(&mut Frames::new(&bytes[..]).take(most), &mut io::sink());
            }
        }
    }
}
