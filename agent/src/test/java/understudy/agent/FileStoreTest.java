package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.link.Link;
import understudy.model.HostName;

@Timeout(60)
class FileStoreTest {
    private static final HostName H2 = new HostName("h2");
    private static final HostName H3 = new HostName("h3");

    @TempDir
    Path directory;

    private final Links links = new Links();
    private final byte[] content = new byte[(5 << 20) + 17];
    private FileStore one;
    private FileStore two;
    private Link three;

    @BeforeEach
    void open() throws IOException {
        new Random(1).nextBytes(content);
        one = new FileStore(directory.resolve("one"), links.add("h1"));
        two = new FileStore(directory.resolve("two"), links.add("h2"));
        three = links.add("h3");
    }

    @AfterEach
    void close() {
        links.close();
    }

    private List<String> files(String store) throws IOException {
        try (var files = Files.list(directory.resolve(store))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private String stored() throws IOException {
        return two.store(new ByteArrayInputStream(content));
    }

    @Test
    void aFileIsNamedByItsContent() throws IOException {
        assertThat(two.store(InputStream.nullInputStream()))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        String name = stored();
        assertThat(two.holds(name)).isTrue();
        assertThat(stored()).isEqualTo(name);
        assertThat(Files.readAllBytes(two.path(name))).isEqualTo(content);
        assertThat(files("two")).hasSize(2);
    }

    @Test
    void whatAHostLacksItFetches() throws IOException {
        String name = stored();
        assertThat(one.holds(name)).isFalse();
        one.fetch(name, List.of(H3, H2));
        assertThat(Files.readAllBytes(one.path(name))).isEqualTo(content);
        assertThat(files("one")).containsExactly(name);
    }

    @Test
    void whatNobodyHasIsAnError() throws IOException {
        String name = "0".repeat(64);
        assertThatThrownBy(() -> one.fetch(name, List.of(H2, H3)))
                .isInstanceOf(IOException.class)
                .hasMessage("no host that can be reached has the file " + name);
        assertThat(files("one")).isEmpty();
    }

    @Test
    void wrongContentIsRefused() throws IOException {
        String name = stored();
        content[4 << 20] ^= 1;
        Files.write(two.path(name), content);
        assertThatThrownBy(() -> one.fetch(name, List.of(H2))).isInstanceOf(IOException.class);
        assertThat(files("one")).isEmpty();
    }

    @Test
    void afterABadHostTheNextIsAsked() throws IOException {
        String name = stored();
        three.serve("files", connection -> {
            connection.readFully(ByteBuffer.allocate(64));
            connection.write(ByteBuffer.allocate(8).putLong(content.length).flip());
            connection.write(ByteBuffer.wrap(content, 0, 3 << 20));
        });
        one.fetch(name, List.of(H3, H2));
        assertThat(Files.readAllBytes(one.path(name))).isEqualTo(content);
        assertThat(files("one")).containsExactly(name);
    }

    @Test
    void aLengthThatCannotBeIsRefused() throws IOException {
        three.serve("files", connection -> {
            connection.readFully(ByteBuffer.allocate(64));
            connection.write(ByteBuffer.allocate(8).putLong(Long.MAX_VALUE).flip());
        });
        assertThatThrownBy(() -> one.fetch("0".repeat(64), List.of(H3))).isInstanceOf(IOException.class);
        assertThat(files("one")).isEmpty();
    }

    @Test
    void manyMayFetchAtOnce() throws Exception {
        String name = stored();
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(pool.submit(() -> {
                    one.fetch(name, List.of(H2));
                    return one.holds(name);
                }));
            }
            for (Future<?> fetch : all) {
                assertThat(fetch.get(30, TimeUnit.SECONDS)).isEqualTo(true);
            }
        }
        assertThat(Files.readAllBytes(one.path(name))).isEqualTo(content);
        assertThat(files("one")).containsExactly(name);
    }

    private static final class Gone extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("the client went away");
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return read();
        }
    }

    @Test
    void anUploadThatBreaksLeavesNothing() throws IOException {
        InputStream broken = new SequenceInputStream(new ByteArrayInputStream(content), new Gone());
        assertThatThrownBy(() -> one.store(broken)).hasMessage("the client went away");
        assertThat(files("one")).isEmpty();
    }

    @Test
    void aNewLifeRemovesWhatAnEarlierOneDidNotFinish() throws IOException {
        String name = one.store(new ByteArrayInputStream(content));
        Files.write(directory.resolve("one").resolve("fetch123.part"), content);
        FileStore later = new FileStore(directory.resolve("one"), links.add("h4"));
        assertThat(files("one")).containsExactly(name);
        assertThat(later.holds(name)).isTrue();
    }

    @Test
    void noNameLeadsOutOfTheStore() throws IOException {
        Files.write(directory.resolve("secret"), content);
        for (String name : List.of("../secret", "../".repeat(19) + "passwd1", "", "A".repeat(64))) {
            assertThat(one.holds(name)).as(name).isFalse();
        }
    }
}
