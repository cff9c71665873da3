# SPDX-License-Identifier: Apache-2.0
"""What is read: plain and packed files, folders, standard input."""

import bz2
import datetime
import functools
import gzip
import io
import lzma
import os
import socket
import sys
import threading

import pytest
import zstandard

from errorkit.trace import files, find, lines, packing, zstd

LOCAL = 'req-38101a0b-2096-447d-96ea-a692162415ae'
LINE = (f'2026-11-22 10:00:00.123 1 INFO nova.x [{LOCAL} u p - - -] '
        'hello {}\n')
TEXT = ''.join(map(LINE.format, range(5))).encode()
PACKERS = {
    'plain': bytes, 'gzip': gzip.compress, 'xz': lzma.compress,
    'bzip2': bz2.compress, 'zstd': zstandard.ZstdCompressor().compress,
}


def everything(found):
    """Return all records of all sources."""
    records = []
    for source in found:
        stream = source.open()
        try:
            records += lines.records(stream, source.name, source.written)
        finally:
            stream.close()
    return records


@pytest.mark.parametrize('packer', PACKERS)
def test_a_file_is_unpacked_by_its_first_bytes_whatever_its_name(
        tmp_path, packer):
    path = tmp_path / 'nova-api.log.xz.txt'
    path.write_bytes(PACKERS[packer](TEXT))
    with files.sources([str(path)]) as found:
        assert [one.packing for one in found] == [
            None if packer == 'plain' else packer]
        assert found.size == path.stat().st_size
        records = everything(found)
        assert find.tree(LOCAL, found) == records
        assert found.unread == []
    assert [record.line for record in records] == [1, 2, 3, 4, 5]
    assert [record.message[-1] for record in records] == list('01234')
    assert {record.source for record in records} == {str(path)}


@pytest.mark.parametrize('packer', ['gzip', 'xz', 'bzip2', 'zstd'])
def test_a_file_of_several_packed_parts_is_read_to_its_end(tmp_path, packer):
    path = tmp_path / 'log'
    path.write_bytes(2 * PACKERS[packer](TEXT))
    with files.sources([str(path)]) as found:
        assert len(everything(found)) == 10
        assert len(find.tree(LOCAL, found)) == 10


def test_a_long_packed_line_is_read_whole(tmp_path):
    text = LINE.format('x' * 3_000_000).encode() + TEXT
    for packer in ('gzip', 'xz', 'bzip2', 'zstd'):
        path = tmp_path / packer
        path.write_bytes(PACKERS[packer](text))
        with files.sources([str(path)]) as found:
            assert [len(record.text) for record in everything(found)][1:] == [
                len(LINE) - 2] * 5
            assert len(find.tree(LOCAL, found)) == 6


@functools.cache
def packed_lots(packer):
    """Return a few lines, and a lot that cannot be packed."""
    lots = os.urandom(3_000_000).replace(b'\n', b' ')
    return PACKERS[packer](TEXT + lots)


@pytest.mark.parametrize(('packer', 'cut'), [
    ('gzip', -10), ('xz', -30), ('bzip2', -10),
    ('gzip', 300), ('xz', 300), ('bzip2', 300)])
def test_a_broken_file_is_told_and_the_rest_is_read(tmp_path, packer, cut):
    (tmp_path / 'a.log').write_bytes(packed_lots(packer)[:cut])
    (tmp_path / 'b.log').write_bytes(TEXT)
    with files.sources([str(tmp_path)]) as found:
        records = find.tree(LOCAL, found)
        assert [record.source for record in records[-5:]] == [
            str(tmp_path / 'b.log')] * 5
        [unread] = found.unread
    assert unread.name == str(tmp_path / 'a.log')
    assert unread.reason
    assert '\n' not in unread.reason


def test_damage_within_a_zstd_file_is_told(tmp_path):
    packed = bytearray(PACKERS['zstd'](os.urandom(500_000) + TEXT))
    packed[200_000:200_100] = bytes(100)
    packed[5:9] = b'\xff' * 4
    (tmp_path / 'a').write_bytes(packed)
    with files.sources([str(tmp_path / 'a')]) as found:
        list(find.errors(found))
        assert [one.name for one in found.unread] == [str(tmp_path / 'a')]


def test_zstd_without_its_package_is_told_with_the_way_to_install_it(
        tmp_path, monkeypatch):
    (tmp_path / 'a').write_bytes(PACKERS['zstd'](TEXT))
    (tmp_path / 'b').write_bytes(TEXT)
    monkeypatch.setitem(sys.modules, 'compression.zstd', None)
    monkeypatch.setitem(sys.modules, 'zstandard', None)
    with files.sources([str(tmp_path)]) as found:
        with pytest.raises(zstd.ZstdMissing, match='zstandard'):
            found[0].open()
        assert len(find.tree(LOCAL, found)) == 5
        [unread] = found.unread
    assert "pip install 'errorkit[trace]'" in unread.reason
    assert unread.name == str(tmp_path / 'a')


def test_a_folder_is_read_with_all_that_is_below_it(tmp_path):
    for name in ('b/2.log', 'a/x/1.log', '3.log', 'a/.hidden'):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TEXT + name.encode())
    with files.sources([str(tmp_path)]) as found:
        assert [os.path.relpath(one.name, tmp_path) for one in found] == [
            '3.log', 'a/.hidden', 'a/x/1.log', 'b/2.log']


def test_a_file_that_is_named_twice_or_linked_to_is_read_once(tmp_path):
    path = tmp_path / 'a.log'
    path.write_bytes(TEXT)
    (tmp_path / 'current').symlink_to('a.log')
    (tmp_path / 'loop').symlink_to('.')
    names = [str(path), str(tmp_path), str(path)]
    with files.sources(names) as found:
        assert [one.name for one in found] == [str(path)]


def test_what_is_missing_or_no_file_is_told_and_stepped_over(tmp_path):
    (tmp_path / 'a.log').write_bytes(TEXT)
    (tmp_path / 'gone.log').symlink_to('nowhere')
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / 'socket'))
        missing = str(tmp_path / 'no\nsuch')
        with files.sources([missing, str(tmp_path)]) as found:
            assert [one.name for one in found] == [str(tmp_path / 'a.log')]
            assert [(one.name, one.reason) for one in found.unread] == [
                (missing, 'No such file or directory'),
                (str(tmp_path / 'gone.log'), 'No such file or directory')]


def test_a_file_that_goes_away_is_told(tmp_path):
    path = tmp_path / 'a.log'
    path.write_bytes(TEXT)
    with files.sources([str(path)]) as found:
        path.unlink()
        assert find.tree(LOCAL, found) == []
        assert [one.reason for one in found.unread] == [
            'No such file or directory']


@pytest.mark.parametrize('packer', PACKERS)
def test_standard_input_is_copied_and_the_copy_removed(packer):
    stdin = io.BytesIO(PACKERS[packer](TEXT))
    with files.sources(['-', '-'], stdin) as found:
        records = find.tree(LOCAL, found)
        copy = found[0].path
        assert os.path.exists(copy)
    assert not os.path.exists(copy)
    assert [record.source for record in records] == ['-'] * 5


def test_a_named_pipe_that_is_given_is_copied(tmp_path):
    path = tmp_path / 'pipe'
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(TEXT,))
    writer.start()
    with files.sources([str(path)]) as found:
        writer.join()
        assert len(find.tree(LOCAL, found)) == 5
        assert [one.name for one in found] == [str(path)]


def test_the_files_time_gives_the_year_of_a_journal(tmp_path):
    path = tmp_path / 'n-api.log'
    path.write_text(
        f'Nov 22 10:00:00 h devstack@n-api.service[1]: INFO x [{LOCAL} p u] m')
    when = datetime.datetime(2019, 12, 1, tzinfo=datetime.UTC).timestamp()
    os.utime(path, (when, when))
    with files.sources([str(path)]) as found:
        [record] = find.tree(LOCAL, found)
    assert record.timestamp.year == 2019


def test_an_empty_file_is_no_trouble(tmp_path):
    (tmp_path / 'a').write_bytes(b'')
    (tmp_path / 'b').write_bytes(gzip.compress(b''))
    with files.sources([str(tmp_path)]) as found:
        assert len(found) == 2
        assert find.tree(LOCAL, found) == list(find.errors(found)) == []
        assert found.unread == []


@pytest.mark.parametrize('packer', ['gzip', 'xz'])
def test_what_stands_before_a_damage_is_read(tmp_path, packer):
    path = tmp_path / 'a.log'
    path.write_bytes(PACKERS[packer](TEXT + os.urandom(300_000))[:-9_000])
    with files.sources([str(path)]) as found:
        assert len(find.tree(LOCAL, found)) == 5
        [unread] = found.unread
    assert unread.partly


def test_an_xz_file_that_would_take_much_memory_is_told(
        tmp_path, monkeypatch):
    monkeypatch.setattr(packing, '_XZ_MEMORY', 1 << 20)
    (tmp_path / 'a').write_bytes(PACKERS['xz'](TEXT))
    (tmp_path / 'b').write_bytes(TEXT)
    with files.sources([str(tmp_path)]) as found:
        assert len(find.tree(LOCAL, found)) == 5
        [unread] = found.unread
    assert 'emory' in unread.reason


@pytest.mark.parametrize('packer', ['xz', 'bzip2'])
def test_zeros_between_and_behind_streams_are_nothing(tmp_path, packer):
    packed = PACKERS[packer](TEXT)
    (tmp_path / 'a').write_bytes(packed + bytes(8) + packed + bytes(4))
    with files.sources([str(tmp_path)]) as found:
        assert len(find.tree(LOCAL, found)) == 10
        assert not found.unread


@pytest.mark.parametrize(('packer', 'start'), [
    ('lz4', b'\x04\x22\x4d\x18\x64\x40\xa7'),
    ('lz4', b'\x02\x21\x4c\x18\x97\x27\x0b'),
    ('compress', b'\x1f\x9d\x90\x68\xca'),
    ('zip', b'PK\x03\x04\x14\x00\x00\x00'),
    ('7-Zip', b'7z\xbc\xaf\x27\x1c\x00\x04'),
])
def test_a_file_that_is_packed_otherwise_is_told_with_how(
        tmp_path, packer, start):
    packed = start + os.urandom(1000)
    (tmp_path / 'a.log').write_bytes(packed)
    (tmp_path / 'b.log').write_bytes(TEXT)
    with files.sources([str(tmp_path), '-'], io.BytesIO(packed)) as found:
        assert len(find.tree(LOCAL, found)) == 5
        assert len(list(found)) == 1
        why = f'it is packed with {packer}, which errorkit trace does not read'
        assert found.unread == [
            files.Unread(str(tmp_path / 'a.log'), why),
            files.Unread('-', why)]


@pytest.mark.parametrize('text', [
    b'', b'P', b'PK', b'PK down', b'7z', b'BZ down', b'\x04', b'\x1f'])
def test_what_only_begins_alike_is_text(tmp_path, text):
    (tmp_path / 'a').write_bytes(text + b'\n' + TEXT)
    with files.sources([str(tmp_path)]) as found:
        assert len(find.tree(LOCAL, found)) == 5
        assert found.unread == []


def test_what_was_read_in_part_once_is_not_called_unread():
    found = files.Sources()
    for partly in (False, True, False):
        found.tell('a', 'broken', partly=partly)
        found.tell('b', 'broken')
    assert found.unread == [
        files.Unread('a', 'broken', partly=True), files.Unread('b', 'broken')]
