package understudy.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import understudy.model.VmId;

/// What an active says of the guest that it wants to copy.
///
/// @param vm       the VM
/// @param view     the view under which it runs
/// @param stream   names the stream that is to begin
/// @param ramBytes the guest's RAM
public record StreamOffer(VmId vm, long view, UUID stream, long ramBytes) {
    private static final int BYTES = 24;

    Message message() {
        return Message.plain(Message.Kind.OFFER, view, 0, stream, body());
    }

    byte[] body() {
        return ByteBuffer.allocate(BYTES)
                .putLong(vm.value().getMostSignificantBits())
                .putLong(vm.value().getLeastSignificantBits())
                .putLong(ramBytes)
                .array();
    }

    static StreamOffer of(Message message, byte[] body) throws IOException {
        if (message.kind() != Message.Kind.OFFER || body.length != BYTES) {
            throw new IOException("a checkpoint stream begins with an offer, not with " + message.kind());
        }
        ByteBuffer buffer = ByteBuffer.wrap(body);
        VmId vm = new VmId(new UUID(buffer.getLong(), buffer.getLong()));
        return new StreamOffer(vm, message.view(), message.stream(), buffer.getLong());
    }
}
