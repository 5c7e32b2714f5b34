package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import understudy.checkpoint.Channel;
import understudy.checkpoint.StreamOffer;
import understudy.link.Connection;
import understudy.link.Link;
import understudy.model.HostName;
import understudy.model.VmId;

@Timeout(30)
class StreamOffersTest {
    private static final HostName H1 = new HostName("h1");
    private static final VmId VM = new VmId(new UUID(1, 1));

    private final Links links = new Links();
    private final Driver driver = new Driver();
    private volatile Optional<Driver> known = Optional.empty();
    private volatile boolean isAsked;
    private Link standby;
    private Link active;

    private static final class Driver implements StreamOffers.Taker {
        final List<Long> views = new CopyOnWriteArrayList<>();

        @Override
        public void offered(Connection from, Channel channel, StreamOffer offer) {
            views.add(offer.view());
        }
    }

    @BeforeEach
    void open() throws IOException {
        standby = links.add("h1");
        active = links.add("h2");
    }

    @AfterEach
    void close() {
        links.close();
    }

    private void serve(Duration catchUp) {
        StreamOffers offers = new StreamOffers(this::taker, () -> "it sleeps", catchUp);
        standby.serve(AgentServices.CHECKPOINTS, offers::take);
    }

    private Optional<Driver> taker(VmId vm) {
        isAsked = vm.equals(VM);
        return known;
    }

    @Test
    void anOfferWaitsUntilTheVmIsKnown() throws IOException {
        serve(Duration.ofSeconds(20));
        try (Offering _ = Offering.make(active, H1, VM, 4)) {
            await().during(Duration.ofMillis(100)).until(driver.views::isEmpty);
            known = Optional.of(driver);
            await().until(() -> driver.views.equals(List.of(4L)));
        }
    }

    @Test
    void ofSeveralThatWaitOnlyTheNewestIsTaken() throws IOException {
        serve(Duration.ofSeconds(20));
        try (Offering first = Offering.make(active, H1, VM, 4)) {
            awaitArrival();
            try (Offering second = Offering.make(active, H1, VM, 6)) {
                assertThat(first.refusal()).isEqualTo("END: a newer stream was offered");
                known = Optional.of(driver);
                await().until(() -> driver.views.equals(List.of(6L)));
                assertThat(second.connection().isOpen()).isTrue();
            }
        }
    }

    private void awaitArrival() {
        await().until(() -> isAsked);
    }

    @Test
    void whoIsRefusedBecauseTheVmIsUnknownIsToldWhy() throws IOException {
        serve(Duration.ofMillis(50));
        try (Offering offering = Offering.make(active, H1, VM, 4)) {
            assertThat(offering.refusal()).isEqualTo("END: VM " + VM + " is not known there yet: it sleeps");
        }
        assertThat(driver.views).isEmpty();
    }
}
