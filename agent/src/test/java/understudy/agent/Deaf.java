package understudy.agent;

import understudy.link.Messenger;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;

/// A messenger's listener that does nothing.
final class Deaf implements Messenger.Listener {
    @Override
    public void heard(HostName peer, Life life, Moment at) {}

    @Override
    public void closed(HostName peer) {}

    @Override
    public void received(HostName peer, Life life, byte[] message) {}
}
