package understudy.systemtests;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/// Gives tests the one [Stage], which is set for the first that asks and is struck after the last. A test that
/// fails leaves its agents' logs in `target/evidence`, and the next one gets a new stage; so does a class that wants
/// another number of hosts than the one before ([Hosts]).
final class OnStage implements ParameterResolver, AfterTestExecutionCallback {
    private static final int USUAL_HOSTS = 2;
    private static final int USUAL_WITNESSES = 1;

    /// How many hosts the stage of a class has, if not two, and how many witnesses, if not one.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @interface Hosts {
        int value();

        int witnesses() default USUAL_WITNESSES;
    }

    private static final Namespace NAMESPACE = Namespace.create(OnStage.class);
    private static final Path EVIDENCE = Path.of("target", "evidence");

    /// What the store of the whole run holds, and closes at its end.
    private static final class Holder implements AutoCloseable {
        private Optional<Stage> stage = Optional.empty();

        synchronized Stage stage(int hosts, int witnesses) {
            if (stage.filter(it -> it.hosts() != hosts || it.witnesses() != witnesses)
                    .isPresent()) {
                close();
            }
            if (stage.isEmpty()) {
                stage = Optional.of(Stage.set(hosts, witnesses));
            }
            return stage.get();
        }

        synchronized Optional<Stage> ifSet() {
            return stage;
        }

        @Override
        public synchronized void close() {
            stage.ifPresent(Stage::close);
            stage = Optional.empty();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Stage.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Optional<Hosts> wanted = AnnotationSupport.findAnnotation(context.getRequiredTestClass(), Hosts.class);
        return holder(context)
                .stage(
                        wanted.map(Hosts::value).orElse(USUAL_HOSTS),
                        wanted.map(Hosts::witnesses).orElse(USUAL_WITNESSES));
    }

    @Override
    public void afterTestExecution(ExtensionContext context) throws Exception {
        Optional<Stage> stage = holder(context).ifSet();
        if (stage.isEmpty()) {
            return;
        }
        try {
            if (context.getExecutionException().isEmpty()) {
                stage.get().check();
                return;
            }
        } catch (Exception | AssertionError e) {
            strike(context, stage.get());
            throw e;
        }
        strike(context, stage.get());
    }

    private static void strike(ExtensionContext context, Stage stage) {
        String test = context.getRequiredTestClass().getSimpleName() + "."
                + context.getRequiredTestMethod().getName();
        try {
            stage.keepEvidence(EVIDENCE.resolve(test + "-" + System.currentTimeMillis()));
        } finally {
            holder(context).close();
        }
    }

    private static Holder holder(ExtensionContext context) {
        return context.getRoot().getStore(NAMESPACE).computeIfAbsent(Holder.class, _ -> new Holder(), Holder.class);
    }
}
