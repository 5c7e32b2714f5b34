package understudy.volume.mirror;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;

/// The engine with a bug of one line: a call that is left out. What it would return is false, 0, or the
/// object it was called on.
///
/// @param owner  the class that has the bug
/// @param method which of its methods
/// @param callee what that does not call any more
record Mutant(String owner, String method, String callee) {

    /// Simulates a pair of it.
    ///
    /// @throws AssertionError if the simulation finds something
    void simulate(long seed) {
        try {
            Class<?> simulation = new Loader().loadClass(PairSimulation.class.getName());
            Constructor<?> constructor = simulation.getDeclaredConstructor(long.class);
            Method run = simulation.getDeclaredMethod("run");
            // Not of this package, as the loader sees it.
            constructor.setAccessible(true);
            run.setAccessible(true);
            run.invoke(constructor.newInstance(seed));
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof AssertionError found) {
                throw found;
            }
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] in(byte[] original) {
        boolean[] isThere = new boolean[1];
        CodeTransform leavesOut = (builder, element) -> {
            if (element instanceof InvokeInstruction call && call.name().equalsString(callee)) {
                isThere[0] = true;
                leaveOut(builder, call);
            } else {
                builder.with(element);
            }
        };
        byte[] changed = ClassFile.of()
                .transformClass(
                        ClassFile.of().parse(original),
                        ClassTransform.transformingMethodBodies(
                                found -> found.methodName().equalsString(method), leavesOut));
        if (!isThere[0]) {
            throw new IllegalStateException(owner + "." + method + " calls no " + callee);
        }
        return changed;
    }

    private static void leaveOut(CodeBuilder builder, InvokeInstruction call) {
        MethodTypeDesc type = call.typeSymbol();
        List<ClassDesc> parameters = type.parameterList();
        for (ClassDesc parameter : parameters.reversed()) {
            if (TypeKind.from(parameter).slotSize() == 2) {
                builder.pop2();
            } else {
                builder.pop();
            }
        }
        switch (TypeKind.from(type.returnType())) {
            case VOID -> builder.pop();
            case BOOLEAN, INT -> builder.pop().iconst_0();
            case REFERENCE -> {
                // What it was called on stands for what it would return.
            }
            default -> throw new IllegalStateException("a call that returns " + type.returnType());
        }
    }

    /// Everything of ours anew, with the bug.
    private final class Loader extends ClassLoader {
        Loader() {
            super(Mutant.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                if (loaded != null) {
                    return loaded;
                }
                return name.startsWith("understudy.") ? define(name) : super.loadClass(name, resolve);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (file == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = file.readAllBytes();
                byte[] changed = name.equals(owner) ? in(bytes) : bytes;
                return defineClass(name, changed, 0, changed.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
