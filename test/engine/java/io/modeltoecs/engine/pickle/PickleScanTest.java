package io.modeltoecs.engine.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.Python;
import io.modeltoecs.engine.StepException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PickleScanTest {
    /** What joblib and numpy write, from stand-ins of their names: neither is needed here. */
    private static final String JOBLIB =
            """
            import pickle, struct, sys, types
            def module(name):
                made = types.ModuleType(name)
                sys.modules[name] = made
                return made
            numpy = module('numpy')
            class dtype:
                def __init__(self, code, state):
                    self.code, self.dtype_state = code, state
                def __reduce__(self):
                    return dtype, (self.code, False, True), self.dtype_state
            dtype.__module__, dtype.__qualname__, numpy.dtype = 'numpy', 'dtype', dtype
            module('joblib')
            wrappers = module('joblib.numpy_pickle')
            class NumpyArrayWrapper:
                pass
            NumpyArrayWrapper.__module__ = 'joblib.numpy_pickle'
            wrappers.NumpyArrayWrapper = NumpyArrayWrapper
            class ndarray:
                pass
            ndarray.__module__, numpy.ndarray = 'numpy', ndarray
            class Array:
                def __init__(self, dtype, shape, raw):
                    self.dtype, self.shape, self.raw = dtype, shape, raw
            class Pickler(pickle._Pickler):
                alignment = 16
                def save(self, value, **options):
                    if not isinstance(value, Array):
                        return super().save(value, **options)
                    wrapper = NumpyArrayWrapper()
                    wrapper.__dict__.update(subclass=ndarray, shape=value.shape, order='C',
                        dtype=value.dtype, allow_mmap=True)
                    if self.alignment:
                        wrapper.numpy_array_alignment_bytes = self.alignment
                    super().save(wrapper)
                    self.framer.commit_frame(force=True)
                    if self.alignment and not value.dtype.code.startswith('O'):
                        at = self.out.tell() + 1
                        padding = self.alignment - at % self.alignment
                        self.out.write(bytes([padding]) + b'\\xff' * padding)
                    self.out.write(value.raw)
            def dump(value, name, alignment=16):
                with open(name, 'wb') as out:
                    pickler = Pickler(out, 4)
                    pickler.out, pickler.alignment = out, alignment
                    pickler.dump(value)
            f8 = dtype('f8', (3, '<', None, None, None, -1, -1, 0))
            evil = b"cos\\nsystem\\n(S'id'\\ntR."
            """;

    @TempDir Path folder;

    private final PickleScan scan =
            new PickleScan(
                    new AllowList(
                            List.of(
                                    "collections.OrderedDict",
                                    "numpy.dtype",
                                    "numpy.ndarray",
                                    "joblib.numpy_pickle.NumpyArrayWrapper",
                                    "mine.models.*")));

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void readsEveryProtocol(int protocol) throws Exception {
        python(
                """
                import collections, pickle
                value = collections.OrderedDict(a=[1, 2.5, 'x' * 3000, b'y' * 70000, None, True],
                    b=(-1, 2**40, 2**100, {'k': {1, 2}}, frozenset([3]), bytearray(b'z')))
                class Evil:
                    def __reduce__(self):
                        import os
                        return os.system, ('id',)
                pickle.dump(value, open('good.pkl', 'wb'), %1$d)
                pickle.dump([value, Evil()], open('bad.pkl', 'wb'), %1$d)
                """
                        .formatted(protocol));

        // what the standard library's own bytearray and sets import depends on the protocol
        PickleScan lenient =
                new PickleScan(
                        new AllowList(
                                List.of(
                                        "collections.OrderedDict",
                                        "builtins.*",
                                        "__builtin__.*",
                                        "_codecs.encode",
                                        "codecs.encode")));
        assertThat(lenient.scan("good.pkl", folder.resolve("good.pkl")))
                .contains("collections.OrderedDict");
        assertThatThrownBy(() -> lenient.scan("bad.pkl", folder.resolve("bad.pkl")))
                .isInstanceOf(StepException.class)
                .hasMessageMatching(
                        "'bad.pkl' is refused: loading it would import (posix|nt).system \\(byte \\d+\\),.*"
                                + "scan: \\[allow: \\['(posix|nt).system'\\]\\]");
    }

    @Test
    void namesTheOffset() {
        assertThatThrownBy(() -> scan("]cos\nsystem\n."))
                .hasMessageContaining("os.system (byte 1)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // by INST, by STACK_GLOBAL, by names through the memo, by DUP
                "(S'id'\nios\nsystem\n.",
                "\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093.",
                "\u0080\u0004\u008c\u0002os\u0094\u008c\u0006system\u00940h\u0000h\u0001\u0093.",
                "\u0080\u0004\u008c\u0002os\u0094p5\n0g5\n\u008c\u0006system\u0093.",
                "X\u0002\u0000\u0000\u0000os2\u0093.",
                // escapes that pickle would undo, and names that are made, not written
                "V\\u006fs\nVsystem\n\u0093.",
                "S'o\\x73'\nS'system'\n\u0093.",
                "c__builtin__\neval\n.",
                // after STOP
                "N.cos\nsystem\n.",
                // attributes of what is allowed
                "\u0080\u0004\u008c\u0006mine.models\u0093.",
                "\u0080\u0004\u008c\u000bmine.models\u008c\u0009os.system\u0093.",
                "cmine.modelsx\nA\n.",
                // extension codes and persistent ids
                "\u0080\u0002\u0082\u0001.",
                "\u0080\u0002\u0083\u0001\u0000.",
                "\u0080\u0002\u0084\u0001\u0000\u0000\u0000.",
                "Pos\n.",
                "\u0080\u0002NQ.",
                // calls of what it made itself, and states of what it hasn't just made
                "cmine.models\nA\n)R)R.",
                "cmine.models\nA\n}b.",
                "cmine.models\nA\n)R}b}b.",
                "cmine.models\nA\n)Rq\u0000}bh\u0000}b.",
                "(cmine.models\nA\n)Ro.",
                // by a key of another memo
                "h\u0000cmine.models\nA\n.",
                // what lies across the end of a frame, which CPython drops; what follows STOP in one
                "\u0080\u0004\u0095\u0002\u0000\u0000\u0000\u0000\u0000\u0000\u0000cmine.models\nA\n.",
                "\u0080\u0004\u0095\u0003\u0000\u0000\u0000\u0000\u0000\u0000\u0000X\u0001\u0000\u0000\u0000x.",
                "\u0080\u0004\u0095\u0004\u0000\u0000\u0000\u0000\u0000\u0000\u0000N.N.",
                "\u0080\u0004\u0095\u000c\u0000\u0000\u0000\u0000\u0000\u0000\u0000"
                        + "N0\u0095\u0003\u0000\u0000\u0000\u0000\u0000\u0000\u0000N..",
                // what can't be read
                "\u0080\u0006N.",
                "N",
                "]\u00ff.",
                "N.garbage",
                "p1_0\n.",
            })
    void refuses(String pickle) {
        assertThatThrownBy(() -> scan(pickle)).isInstanceOf(StepException.class);
    }

    /** All that they import is on the list; none is used as a model uses it. */
    @ParameterizedTest
    @MethodSource("attacks")
    void refusesWhatNoModelDoes(String pickle) {
        PickleScan shipped = new PickleScan(AllowList.shippedAnd(List.of()));

        assertThatThrownBy(
                        () ->
                                shipped.scan(
                                        "m.pkl",
                                        () -> new ByteArrayInputStream(latin1(pickle)),
                                        true))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("can't be scanned as a pickle");
    }

    private static Stream<String> attacks() throws IOException {
        try (InputStream in = PickleScanTest.class.getResourceAsStream("attacks.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(String::translateEscapes);
        }
    }

    @Test
    void allowsAPatternsModulesAndThoseBelow() throws Exception {
        assertThat(scan("(cmine.models\nA\ncmine.models.deep\nB\nt."))
                .containsExactly("mine.models.A", "mine.models.deep.B");
    }

    @Test
    void aPickleOfAnotherNameIsReadToo() throws Exception {
        Files.write(folder.resolve("weights.bin"), latin1("\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093."));
        Files.write(folder.resolve("picture.bin"), latin1("\u0080\u0004\u00ff\u00ff not a pickle"));

        assertThatThrownBy(() -> scan.scan("weights.bin", folder.resolve("weights.bin")))
                .hasMessageContaining("os.system");
        assertThat(scan.scan("picture.bin", folder.resolve("picture.bin"))).isEmpty();
    }

    /** Somebody's unpickler may know what a persistent id means, and go on behind it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0080\u0004\u008c\u0001xQ\u008c\u0002os\u008c\u0006system\u0093.",
                "\u0080\u0001U\u0001xQ0cos\nsystem\n(S'id'\ntR.",
                "Pid\n0cos\nsystem\n(S'id'\ntR.",
                "\u0080\u0002Np1_0\n0cos\nsystem\n(S'id'\ntR.",
                "\u0080\u0002c a\n b\ncos\nsystem\n(S'id'\ntR.",
                "\u0080\u0002Pid\n.",
            })
    void aPickleOfAnotherNameDoesNotEndItsReading(String pickle) throws Exception {
        Files.write(folder.resolve("weights.bin"), latin1(pickle));

        assertThatThrownBy(() -> scan.scan("weights.bin", folder.resolve("weights.bin")))
                .isInstanceOf(StepException.class);
    }

    @Test
    void filesOfOtherFormatsPass() throws Exception {
        BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
        image.createGraphics().fillOval(5, 5, 20, 20);
        for (String format : List.of("png", "jpg", "gif", "bmp")) {
            ImageIO.write(image, format, folder.resolve("image." + format).toFile());
        }
        python(
                """
                import json, sqlite3, struct, zipfile
                def file(name, content):
                    open(name, 'wb').write(content)
                floats = struct.pack('<64f', *[i / 7 for i in range(64)])
                file('portable.ppm', b'P6\\n4 4\\n255\\n' + bytes(48))
                file('portable.pgm', b'P2\\n# made by hand\\n2 2\\n255\\n0 1 2 3\\n')
                file('table.csv', b'Id,name\\n1,cat\\n2,dog\\n')
                file('prices.csv', b'Sample\\nprice,cost\\n')
                file('places.csv', b'Place,count\\ncat,1\\n(a),2\\n')
                file('labels.txt', b'cat\\ndog\\nbird\\n')
                file('notes.md', b'(see below)\\nNone of it is a pickle.\\n')
                file('model.onnx', b'\\x08\\x08\\x12\\x07pytorch\\x1a\\x052.1.0:\\x0b\\x12\\x04main\\x5a\\x03\\x0a\\x01x')
                head = json.dumps({'w': {'dtype': 'F32', 'shape': [64], 'data_offsets': [0, 256]}}).encode()
                file('model.safetensors', struct.pack('<Q', len(head)) + head + floats)
                file('weights.bin', floats)
                head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (64,), }\\n"
                file('array.npy', b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(head)) + head + floats)
                with zipfile.ZipFile('bundle.zip', 'w') as z:
                    z.writestr('labels.txt', 'cat')
                with sqlite3.connect('index.db') as db:
                    db.execute('create table t (a)')
                """);

        List<Path> files;
        try (Stream<Path> listed = Files.list(folder)) {
            files = listed.toList();
        }
        assertThat(files).hasSize(17);
        for (Path file : files) {
            assertThat(scan.scan(file.getFileName().toString(), file)).as("%s", file).isEmpty();
        }
    }

    @Test
    void aZipThatPythonReadsOtherwiseIsRefused() throws Exception {
        python(
                """
                import io, pickle, struct, zipfile
                def packed_zip(method):
                    out = io.BytesIO()
                    with zipfile.ZipFile(out, 'w', method) as z:
                        z.writestr('model.pkl', pickle.dumps(packed_zip))
                    return out.getvalue()
                open('lzma.skops', 'wb').write(b'before it' + packed_zip(zipfile.ZIP_LZMA))
                moved = bytearray(packed_zip(zipfile.ZIP_STORED))
                end = moved.rfind(b'PK\\5\\6')
                directory = moved.find(b'PK\\1\\2')
                struct.pack_into('<L', moved, end + 16, directory + 5)
                struct.pack_into('<L', moved, directory + 42, 5)
                open('moved.skops', 'wb').write(moved)
                for name in 'lzma.skops', 'moved.skops':
                    assert zipfile.ZipFile(name).read('model.pkl')
                """);

        for (String name : List.of("lzma.skops", "moved.skops")) {
            assertThatThrownBy(() -> scan.scan(name, folder.resolve(name)))
                    .as(name)
                    .isInstanceOf(StepException.class)
                    .hasMessageContaining("as zip it is damaged");
        }
    }

    @Test
    void whatIsPackedIsRead() throws Exception {
        python(
                """
                import bz2, collections, gzip, io, lzma, pickle, tarfile, zipfile, zlib
                class Evil:
                    def __reduce__(self):
                        import os
                        return os.system, ('id',)
                def npy(value):
                    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\\n"
                    return b'\\x93NUMPY\\x01\\x00' + len(head).to_bytes(2, 'little') + head + value
                def packed_zip(name, value):
                    out = io.BytesIO()
                    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
                        stored = zipfile.ZIP_STORED if name.endswith('.npy') else None # as numpy.savez does
                        z.writestr(name, value, stored)
                        z.writestr('readme.txt', 'cat\\ndog\\n')
                    return out.getvalue()
                def packed_tar(value):
                    out = io.BytesIO()
                    with tarfile.open(fileobj=out, mode='w:gz') as t:
                        info = tarfile.TarInfo('deep/model.pkl')
                        info.size = len(value)
                        t.addfile(info, io.BytesIO(value))
                    return out.getvalue()
                ways = {
                    'zlib.pkl': zlib.compress, 'gzip.pkl': gzip.compress, 'bz2.pkl': bz2.compress,
                    'xz.pkl': lzma.compress, 'gzip.pkl.gz': gzip.compress,
                    'lzma.pkl': lambda v: lzma.compress(v, format=lzma.FORMAT_ALONE),
                    'second.pkl': lambda v: zlib.compress(v[:9]) + zlib.compress(v[9:]),
                    'gzips.pkl': lambda v: gzip.compress(v[:9]) + gzip.compress(v[9:]),
                    'twice.pkl': lambda v: gzip.compress(bz2.compress(v)),
                    'model.skops': lambda v: packed_zip('model.pkl', v),
                    'no-suffix.keras': lambda v: packed_zip('weights', v),
                    'prefixed.bin': lambda v: b'#!/bin/sh\\n' + packed_zip('model.pkl', v),
                    'in-zip.pt': lambda v: packed_zip('inner.zip', packed_zip('archive/data.pkl', v)),
                    'a.npz': lambda v: packed_zip('a.npy', npy(v)),
                    'a.npy': npy, 'two.npy': lambda v: npy(pickle.dumps([])) + npy(v),
                    'model.tar.gz': packed_tar,
                }
                for name, way in ways.items():
                    open('good-' + name, 'wb').write(way(pickle.dumps(collections.OrderedDict(), 4)))
                    open('bad-' + name, 'wb').write(way(pickle.dumps([collections.OrderedDict(), Evil()], 4)))
                """);

        List<String> good;
        try (Stream<Path> files = Files.list(folder)) {
            good =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.startsWith("good-"))
                            .toList();
        }
        assertThat(good).hasSize(17);
        for (String name : good) {
            assertThat(scan.scan(name, folder.resolve(name)))
                    .as(name)
                    .contains("collections.OrderedDict");
            String bad = name.replace("good-", "bad-");
            assertThatThrownBy(() -> scan.scan(bad, folder.resolve(bad)))
                    .as(bad)
                    .isInstanceOf(StepException.class)
                    .hasMessageContaining("system (byte ");
        }
    }

    @Test
    void whatExpandsWithoutEndIsRefused() throws Exception {
        python(
                """
                import gzip
                inner = gzip.compress(b'\\0' * (1 << 30), 1)
                with open('m.pkl', 'wb') as out:
                    for i in range(6):
                        out.write(inner if i else gzip.compress(b'\\x80\\x04\\x8e' + (6 << 30).to_bytes(8, 'little'), 1))
                """);

        assertThatThrownBy(() -> scan.scan("m.pkl", folder.resolve("m.pkl")))
                .hasMessageContaining("'m.pkl' expands to more than");
    }

    @Test
    void aDamagedPackingIsAnErrorOnlyWhereAPickleIsExpected() throws Exception {
        Files.write(folder.resolve("m.pkl"), latin1("\u001f\u008b\u0008 damaged"));
        Files.write(folder.resolve("notes.txt"), latin1("x marks the spot\ncat\ndog\n"));
        Files.write(folder.resolve("labels.txt"), latin1("cat\ndog\nbird\n"));

        assertThatThrownBy(() -> scan.scan("m.pkl", folder.resolve("m.pkl")))
                .hasMessageContaining("as gzip it is damaged");
        assertThat(scan.scan("notes.txt", folder.resolve("notes.txt"))).isEmpty();
        assertThat(scan.scan("labels.txt", folder.resolve("labels.txt"))).isEmpty();
    }

    @Test
    void aPickleOfProtocol0OfAnotherNameIsReadToo() throws Exception {
        Files.write(folder.resolve("weights.bin"), latin1("cos\nsystem\n(S'id'\ntR."));
        Files.write(folder.resolve("cut.bin"), latin1("cos\nsystem\n(S'id'\ntR"));

        for (String name : List.of("weights.bin", "cut.bin")) {
            assertThatThrownBy(() -> scan.scan(name, folder.resolve(name)))
                    .hasMessageContaining("os.system (byte 0)");
        }
    }

    @Test
    void joblibsArraysAreSkippedByTheirSize() throws Exception {
        python(
                JOBLIB
                        + """
                noise = bytes(range(256)) * 10
                text = dtype('U5', (3, '<', None, None, None, 20, 4, 8))
                record = dtype('V16', (3, '|', None, ('a', 'b'),
                    {'a': (f8, 0), 'b': (f8, 8)}, 16, 1, 16))
                objects = dtype('O8', (3, '|', None, None, None, -1, -1, 63))
                import collections
                dump(collections.OrderedDict(
                    a=Array(f8, (320,), noise), b=Array(f8, (4, 80), noise), empty=Array(f8, (0, 3), b''),
                    t=Array(text, (2,), noise[:40]), r=Array(record, (3,), noise[:48]),
                    o=Array(objects, (1,), pickle.dumps([collections.OrderedDict()], 4))), 'm.joblib')
                """);

        assertThat(scan.scan("m.joblib", folder.resolve("m.joblib")))
                .contains("collections.OrderedDict", "joblib.numpy_pickle.NumpyArrayWrapper");
    }

    @Test
    void whatFollowsAnArrayIsRead() throws Exception {
        python(
                JOBLIB
                        + """
                class Evil:
                    def __reduce__(self):
                        import os
                        return os.system, ('id',)
                dump([Array(f8, (2,), b'x' * 16), Evil()], 'after.joblib')
                objects = dtype('O8', (3, '|', None, None, None, -1, -1, 63))
                dump([Array(objects, (2,), evil)], 'within.joblib')
                """);

        assertThatThrownBy(() -> scan.scan("after.joblib", folder.resolve("after.joblib")))
                .hasMessageContaining("system (byte ");
        assertThatThrownBy(() -> scan.scan("within.joblib", folder.resolve("within.joblib")))
                .hasMessageContaining("os.system (byte ");
    }

    @Test
    void whatPlainPickleWouldReadInsteadOfAnArrayIsRead() throws Exception {
        python(JOBLIB + "dump(Array(f8, (3,), evil + b' ' * (24 - len(evil))), 'm.joblib', alignment=0)");

        assertThatThrownBy(() -> scan.scan("m.joblib", folder.resolve("m.joblib")))
                .hasMessageContaining("os.system (byte ");
    }

    @Test
    void whatPlainPickleWouldReadIsReadToItsEnd() throws Exception {
        python(
                JOBLIB
                        + "raw = b'a' + evil\n"
                        + "dump([Array(f8, (3,), raw + b' ' * (24 - len(raw)))], 'm.joblib', alignment=0)");

        assertThatThrownBy(() -> scan.scan("m.joblib", folder.resolve("m.joblib")))
                .hasMessageContaining("os.system (byte ");
    }

    @Test
    void whatAJoblibThatKnowsOfNoPaddingWouldReadIsRead() throws Exception {
        python(
                JOBLIB
                        + """
                raw = b'N' * 20 + b'cos\\nsystem\\n.'
                for i in range(16): # the padding's length depends on where it is
                    dump(['x' * i, Array(f8, (4,), raw)], 'm%d.joblib' % i)
                """);

        int refused = 0;
        for (int i = 0; i < 16; i++) {
            Path file = folder.resolve("m" + i + ".joblib");
            try {
                scan.scan("m.joblib", file);
            } catch (StepException e) {
                assertThat(e).hasMessageContaining("os.system (byte ");
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void aPickleOfAnotherNameMayNotDoWhatNoModelDoesEither() throws Exception {
        PickleScan shipped = new PickleScan(AllowList.shippedAnd(List.of()));
        Files.write(
                folder.resolve("weights.bin"),
                latin1("cfunctools\npartial\ncnumpy\nmean\n\u0085R)R."));

        assertThatThrownBy(() -> shipped.scan("weights.bin", folder.resolve("weights.bin")))
                .hasMessageContaining("it calls something that it didn't import");
    }

    @Test
    @Timeout(60)
    void tuplesOfTuplesCostNoMoreThanTheyAreLong() throws Exception {
        String allowed = "cmine.models\nA\n";

        assertThat(scan("]" + allowed + "22\u0087".repeat(200) + "a.")).hasSize(1);
    }

    @Test
    void anArrayThatCannotBeFollowedIsRefused() throws Exception {
        python(
                JOBLIB
                        + """
                lying = dtype('V64', (3, '|', None, ('a',), {'a': (f8, 0)}, 8, 1, 16))
                dump(Array(lying, (1,), b'x' * 64), 'size.joblib')
                dump(Array(f8, (10**9, 10**9, 10**9), b''), 'huge.joblib')
                dump([f8, [NumpyArrayWrapper]], 'hidden.joblib')
                """);

        assertThatThrownBy(() -> scan.scan("size.joblib", folder.resolve("size.joblib")))
                .hasMessageContaining("it says of 'V64' that its elements are something else");
        assertThatThrownBy(() -> scan.scan("huge.joblib", folder.resolve("huge.joblib")))
                .hasMessageContaining("too large");
        assertThatThrownBy(() -> scan.scan("hidden.joblib", folder.resolve("hidden.joblib")))
                .hasMessageContaining("hides joblib's array wrapper");
    }

    @Test
    void whatIsRememberedOutOfOrderOrReplacedIsTheLast() throws Exception {
        String far = "X\u00e8\u0003\u0000\u0000" + "x".repeat(1000) + "0";
        String model = remembered("mine.models", 500) + remembered("A", 498);
        String more = remembered("os", 499) + remembered("B", 501) + remembered("os", 497);
        String replaced = "Nr\u00f3\u0001\u0000\u00000]r\u00f1\u0001\u0000\u00000";

        assertThat(scan(far + model + more + replaced + recalled(500) + recalled(498) + "\u0093."))
                .containsExactly("mine.models.A");
        assertThat(scan(far + more + model + replaced + recalled(500) + recalled(501) + "\u0093."))
                .containsExactly("mine.models.B");
        assertThatThrownBy(() -> scan(far + model + more + recalled(499) + recalled(498) + "\u0093."))
                .hasMessageContaining("os.A");
        assertThatThrownBy(() -> scan(far + model + recalled(499) + "."))
                .hasMessageContaining("it recalls something that it hasn't remembered");
    }

    private static String remembered(String text, int number) {
        return "X" + (char) text.length() + "\u0000\u0000\u0000" + text + "r" + u4(number) + "0";
    }

    private static String recalled(int number) {
        return "j" + u4(number);
    }

    private static String u4(int number) {
        return "" + (char) (number & 0xff) + (char) (number >>> 8) + "\u0000\u0000";
    }

    @Test
    void manyStringsDoNotHideALaterName() throws Exception {
        python(
                """
                import collections, pickle
                words = {'word %d' % i: i for i in range(100000)}
                pickle.dump([words] + [collections.OrderedDict(a=1) for _ in range(3)],
                    open('m.pkl', 'wb'), 4)
                """);

        assertThat(scan.scan("m.pkl", folder.resolve("m.pkl")))
                .containsExactly("collections.OrderedDict");
    }

    @Test
    void theShippedListHasClassesAndNoLoaders() {
        AllowList shipped = AllowList.shippedAnd(List.of());

        assertThat(shipped.allows("sklearn.linear_model._logistic", "LogisticRegression")).isTrue();
        assertThat(shipped.allows("numpy", "dtype")).isTrue();
        assertThat(shipped.allows("os", "system")).isFalse();
        assertThat(shipped.allows("numpy", "load")).isFalse();
        assertThat(shipped.allows("joblib", "load")).isFalse();
        assertThat(shipped.allows("builtins", "getattr")).isFalse();
        assertThat(shipped.allows("builtins", "eval")).isFalse();
    }

    private void python(String script) throws Exception {
        Python.run(folder, script);
    }

    private Set<String> scan(String latin1) throws IOException {
        return scan.scan("m.pkl", () -> new ByteArrayInputStream(latin1(latin1)), true);
    }

    private static byte[] latin1(String text) {

        return text.getBytes(StandardCharsets.ISO_8859_1);

    }
}
