# SPDX-License-Identifier: Apache-2.0
"""Packed logs that are cut short or damaged are read as far as they go."""

import bz2
import functools
import gzip
import io
import lzma
import random
import sys
import types

import hypothesis
import pytest
import zstandard
from hypothesis import strategies as st
from samples import request_id

from errorkit import cli
from errorkit.trace import files, find, packing, zstd

ONE = request_id(1)
LINE = f'2026-11-22 10:00:00.123 1 ERROR nova.x [{ONE} u p - - -] hello {{}}\n'
TEXT = ''.join(map(LINE.format, range(5))).encode()
#: What cannot be packed, and what can: blocks of several kinds.
NOISE = random.Random(7).randbytes(400_000).replace(b'\n', b' ')
LOT = b'\n'.join(
    [TEXT, NOISE, 100_000 * b'all is well\n', bytes(1_000_000), TEXT])
PACKERS = {
    'gzip': gzip.compress, 'xz': lzma.compress,
    # A block is read whole or not at all: the smallest there are.
    'bzip2': functools.partial(bz2.compress, compresslevel=1),
    'zstd': zstandard.ZstdCompressor(write_checksum=True).compress,
}
FRAMES = {
    'with a checksum': {'write_checksum': True},
    'without a size': {'write_content_size': False},
    'hard': {'level': 19, 'write_checksum': True},
    'fast': {'level': -5},
}
#: A skippable frame, RFC 8878 section 3.1.2.
NOTE = b'\x5a\x2a\x4d\x18\x05\x00\x00\x00notes'
#: What pzstd begins each of its frames with: the packed length.
PARALLEL = b'\x50\x2a\x4d\x18\x04\x00\x00\x00\x2a\x00\x00\x00'


@functools.cache
def packed_lot(kind):
    """Return the lot, packed in one way."""
    return PACKERS[kind](LOT)


@functools.cache
def frame_with_noise(options):
    """Return a frame, and a note behind it."""
    return frames(NOISE[:300] + 9 * TEXT, **FRAMES[options]) + NOTE


def unpacked(packed, size=1 << 20):
    """Return what packed bytes hold, and what was raised behind it."""
    kind = packing.packing_of(packed[:packing.MAGIC_LENGTH])
    assert kind
    stream = packing.unpacked(io.BytesIO(packed), kind)
    found = []
    try:
        while chunk := stream.read(size):
            assert len(chunk) <= size
            found.append(chunk)
    except packing.BROKEN as exc:
        return b''.join(found), exc
    finally:
        stream.close()
    return b''.join(found), None


def frames(text, **options):
    """Return some text as a frame that is written bit by bit."""
    packer = zstandard.ZstdCompressor(**options).compressobj()
    return packer.compress(text) + packer.flush()


@pytest.mark.parametrize('kind', PACKERS)
def test_wherever_a_file_is_cut_it_is_told(kind):
    packed = PACKERS[kind](TEXT)
    least = max(packing.MAGIC_LENGTH, 6)
    for cut in range(least, len(packed)):
        found, raised = unpacked(packed[:cut])
        assert TEXT.startswith(found), cut
        assert type(raised) is EOFError, cut
        assert str(raised).startswith('the file is cut short: '), cut
    assert unpacked(packed) == (TEXT, None)


@pytest.mark.parametrize('kind', PACKERS)
def test_wherever_a_second_part_is_cut_the_first_one_is_read(kind):
    packed = PACKERS[kind](TEXT)
    for cut in range(1, len(packed)):
        found, raised = unpacked(packed + packed[:cut])
        assert found.startswith(TEXT), cut
        assert (2 * TEXT).startswith(found), cut
        # One byte may be whatever stands behind gzip.
        kinds = packing.BROKEN if kind == 'gzip' and cut == 1 else EOFError
        assert isinstance(raised, kinds), cut
    assert unpacked(2 * packed) == (2 * TEXT, None)


@pytest.mark.parametrize('kind', PACKERS)
@pytest.mark.parametrize('left', [0.3, 0.6, 0.9, 0.999])
def test_the_command_shows_what_was_read_and_names_the_file(
        tmp_path, capsys, kind, left):
    packed = packed_lot(kind)
    cut, whole = tmp_path / f'a.{kind}', tmp_path / 'b.log'
    cut.write_bytes(packed[:int(left * len(packed))])
    whole.write_bytes(TEXT)
    for arguments in ([ONE, '--json'], ['--errors', '--json']):
        assert cli.main(['trace', *arguments, str(tmp_path)]) == 0
        out, err = capsys.readouterr()
        assert err.startswith(
            f'errorkit trace: read in part: {cut}: the file is cut short: ')
        assert err.count('\n') == 1
        assert ONE in out
    with files.sources([str(cut)]) as found:
        records = find.tree(ONE, found)
        assert [one.line for one in records[:5]] == [1, 2, 3, 4, 5]
        assert len(found.unread) == 1
    with files.sources([str(cut)]) as found:
        assert len(list(find.errors(found))) == len(records)
        assert len(found.unread) == 1


@pytest.mark.parametrize('kind', PACKERS)
def test_a_file_of_which_nothing_can_be_read_is_told(
        tmp_path, capsys, kind):
    path = tmp_path / 'a'
    path.write_bytes(PACKERS[kind](TEXT)[:packing.MAGIC_LENGTH])
    assert cli.main(['trace', ONE, str(path)]) == 1
    err = capsys.readouterr().err
    assert err.startswith(
        f'errorkit trace: not read: {path}: the file is cut short: ')


@pytest.mark.parametrize('kind', PACKERS)
def test_damage_is_told_and_what_stands_before_it_is_read(kind):
    packed = bytearray(packed_lot(kind))
    packed[-2_000:-1_900] = b'\xa5' * 100
    found, raised = unpacked(bytes(packed))
    # The end of the noise, at least, was read; of bzip2, to its last block.
    least = len(TEXT) + len(NOISE) - (
        170_000 if kind == 'bzip2' else 70_000)
    assert LOT.startswith(found[:least])
    assert len(found) > least
    assert isinstance(raised, packing.BROKEN)
    assert str(raised)


@pytest.mark.parametrize('kind', PACKERS)
def test_a_wrong_sum_at_the_end_is_told_behind_all_that_was_read(kind):
    packed = bytearray(PACKERS[kind](TEXT))
    # Of xz, the sum of what was unpacked stands before index and footer.
    place = {'gzip': -8, 'zstd': -4, 'xz': -36, 'bzip2': -4}[kind]
    packed[place] ^= 0xFF
    found, raised = unpacked(bytes(packed))
    assert found in (TEXT, b'')
    assert raised is not None
    assert type(raised) is not EOFError


@pytest.mark.parametrize('behind', [
    b'what is this', b'\n', b'BZh', b'BZh9' + bytes(8)])
def test_what_is_no_stream_behind_a_bzip2_stream_is_told(behind):
    found, raised = unpacked(PACKERS['bzip2'](TEXT) + behind)
    assert found == TEXT
    assert isinstance(raised, (OSError, EOFError))


# -- zstd


@pytest.mark.parametrize('options', FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize('text', [b'', b'x', TEXT, bytes(10**6), LOT],
                         ids=['empty', 'x', 'text', 'zeros', 'lot'])
def test_every_kind_of_frame_is_read_to_its_end(options, text):
    whole = frames(text, **options)
    sized = zstandard.ZstdCompressor(**options).compress(text)
    for packed in (whole, sized, whole + sized, whole + NOTE + sized + NOTE):
        times = 1 if packed in (whole, sized) else 2
        assert unpacked(packed) == (times * text, None)
        found, raised = unpacked(packed[:-1])
        assert (times * text).startswith(found)
        assert type(raised) is EOFError


def test_a_frame_with_nothing_but_a_header_and_a_window_is_read():
    params = zstandard.ZstdCompressionParameters.from_level(
        3, window_log=20, enable_ldm=True, write_checksum=1)
    packer = zstandard.ZstdCompressor(compression_params=params)
    packed = packer.compress(LOT)
    assert unpacked(packed) == (LOT, None)
    assert type(unpacked(packed[:-1])[1]) is EOFError


def test_of_a_frame_that_is_cut_every_whole_block_is_read():
    packed = frames(LOT)
    found, _ = unpacked(packed[:350_000])
    # This part of it cannot be packed: its bytes stand there as they are.
    assert len(found) > 349_000
    assert LOT.startswith(found)


def test_all_blocks_before_a_damaged_one_are_read():
    packed = bytearray(frames(NOISE + 20_000 * TEXT, write_checksum=True))
    whole = len(packed)
    packed[-40:-20] = b'\xff' * 20
    found, raised = unpacked(bytes(packed))
    assert len(found) > len(NOISE)
    assert (NOISE + 20_000 * TEXT).startswith(found)
    assert isinstance(raised, zstd.BrokenZstd)
    assert whole == len(packed)


def test_a_file_of_pzstd_is_known_and_read(tmp_path):
    (tmp_path / 'a').write_bytes(2 * (PARALLEL + frames(TEXT)))
    with files.sources([str(tmp_path)]) as found:
        assert [one.packing for one in found] == ['zstd']
        assert len(find.tree(ONE, found)) == 10
        assert found.unread == []


@pytest.mark.parametrize('behind', [
    b'what is this', b'\n', bytes(100), b'\x50\x2a\x4d\x19' + bytes(8)])
def test_what_is_no_frame_behind_a_frame_is_told(behind):
    found, raised = unpacked(PACKERS['zstd'](TEXT) + behind)
    assert found == TEXT
    assert isinstance(raised, zstd.BrokenZstd)


@pytest.mark.parametrize('size', [1, 7, 1 << 16, 1 << 24])
def test_it_gives_no_more_than_it_is_asked_for(size):
    text = TEXT if size < 10 else LOT
    assert unpacked(frames(text), size) == (text, None)


def test_a_block_that_says_it_is_too_long_is_told():
    header = zstd.MAGIC + b'\x00\x58'
    block = ((130 << 10) << 3 | 1).to_bytes(3, 'little')
    found, raised = unpacked(header + block + bytes(140 << 10))
    assert found == b''
    assert isinstance(raised, zstd.BrokenZstd)


@hypothesis.given(
    st.binary(max_size=200), st.sampled_from([*FRAMES]), st.data())
@hypothesis.settings(max_examples=300, deadline=None)
def test_no_bytes_make_it_raise_anything_else(noise, options, data):
    packed = bytearray(frame_with_noise(options))
    place = data.draw(st.integers(4, len(packed)))
    packed[place:place + len(noise)] = noise
    found, raised = unpacked(bytes(packed))
    assert raised is None or isinstance(
        raised, (EOFError, zstd.BrokenZstd))
    assert len(found) < 1 << 24


@pytest.mark.parametrize('text', [TEXT, LOT], ids=['text', 'lot'])
def test_pythons_own_zstd_is_used_where_there_is_one(monkeypatch, text):
    used = []

    class Decompressor:
        """As that of ``compression.zstd``, one for a frame."""

        def __init__(self):
            self._made = zstandard.ZstdDecompressor().decompressobj()
            used.append(self)

        @property
        def eof(self):
            """Tell whether the frame is over."""
            return self._made.eof

        @property
        def unused_data(self):
            """Return what stood behind it."""
            return self._made.unused_data

        def decompress(self, data, max_length=-1):
            """Return what some bytes hold."""
            if self._made.eof:
                raise EOFError('Already at the end of a Zstandard frame.')
            return self._made.decompress(data)

    own = types.ModuleType('compression.zstd')
    own.ZstdDecompressor, own.ZstdError = Decompressor, zstandard.ZstdError
    monkeypatch.setitem(
        sys.modules, 'compression', types.ModuleType('compression'))
    monkeypatch.setitem(sys.modules, 'compression.zstd', own)
    monkeypatch.setitem(sys.modules, 'zstandard', None)
    packed = 2 * frames(text, write_checksum=True)
    assert unpacked(packed) == (2 * text, None)
    # One for each frame.
    assert len(used) == 2
    assert type(unpacked(packed[:-1])[1]) is EOFError
