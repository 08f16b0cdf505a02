using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The TorchSharp loop of docs/mlnet.md, on stand-ins: numbers in place of tensors, and the names of TorchSharp.</summary>
internal static class TorchSnippets
{
    public static async Task TrainAsync(ActiveRun run)
    {
        var net = new Net();
        var optimizer = new Optimizer();
        (long, double, double)[] loader = [(0, 1, 2), (1, 2, 4)];

        #region torchsharp loop
        run.LogParams([new("optimizer", "adam"), new("learning_rate", 1e-3)]);
        foreach (var (step, x, y) in loader)
        {
            optimizer.zero_grad();
            using var loss = functional.cross_entropy(net.forward(x), y);
            loss.backward();
            optimizer.step();
            run.LogMetric("loss", loss.item<float>(), step);
        }

        net.save("cats.dat");
        await run.LogArtifactAsync("cats.dat", "model/cats.dat");
        #endregion
    }

#pragma warning disable CA1822, IDE1006, CS8981 // the names and shapes are those of TorchSharp
    private static class functional
    {
        public static Tensor cross_entropy(double predicted, double actual) => new(Math.Abs(predicted - actual));
    }

    private sealed class Tensor(double value) : IDisposable
    {
        public void backward()
        {
        }

        public T item<T>() => (T)Convert.ChangeType(value, typeof(T), System.Globalization.CultureInfo.InvariantCulture);

        public void Dispose()
        {
        }
    }

    private sealed class Net
    {
        public double forward(double x) => x;

        public void save(string file) => File.WriteAllText(file, "weights");
    }

    private sealed class Optimizer
    {
        public void zero_grad()
        {
        }

        public void step()
        {
        }
    }
}
