using System.Diagnostics;
using LibGit2Sharp;
using Mlops.Metadata;

namespace Mlops.Git;

/// <summary>Looks at a repository, once for all runs that start within a short time. Thread-safe.</summary>
internal sealed class GitContextProvider(string? folder) : IRunContextProvider
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly StatusOptions Wanted = new()
    {
        // looked at by themselves: what is untracked in one would make it changed
        ExcludeSubmodules = true,
        IncludeUntracked = true,
        RecurseUntrackedDirs = false,
        DetectRenamesInIndex = false,
        DetectRenamesInWorkDir = false,
    };

    private const SubmoduleStatus Changed = SubmoduleStatus.IndexAdded | SubmoduleStatus.IndexDeleted | SubmoduleStatus.IndexModified
        | SubmoduleStatus.WorkDirAdded | SubmoduleStatus.WorkDirDeleted | SubmoduleStatus.WorkDirModified
        | SubmoduleStatus.WorkDirFilesIndexDirty | SubmoduleStatus.WorkDirFilesModified;

    private readonly Lock _gate = new();
    private List<RunContextValue> _last = [];
    private string? _lastPath;
    private long _lastTime;

    public string Name => "git";

    public Task<IReadOnlyList<RunContextValue>> CaptureAsync(RunContextInput run, CancellationToken cancellationToken)
    {
        // who comes while another looks waits for what that sees
        lock (_gate)
        {
            var path = folder is not null
                ? Repository.Discover(folder)
                : Repository.Discover(Environment.CurrentDirectory) ?? Repository.Discover(AppContext.BaseDirectory);
            if (path is null)
                return Task.FromResult<IReadOnlyList<RunContextValue>>([]);
            if (path != _lastPath || Stopwatch.GetElapsedTime(_lastTime) > Fresh)
            {
                _last = Look(path);
                _lastPath = path;
                _lastTime = Stopwatch.GetTimestamp();
            }

            return Task.FromResult<IReadOnlyList<RunContextValue>>(_last);
        }
    }

    private static List<RunContextValue> Look(string path)
    {
        using var repository = new Repository(path);
        List<RunContextValue> values = [];
        if (repository.Head.Tip is { } commit)
            values.Add(RunContextValue.Text("git.commit", commit.Sha));
        if (!repository.Info.IsHeadDetached)
            values.Add(RunContextValue.Text("git.branch", repository.Head.FriendlyName));
        if ((repository.Network.Remotes["origin"] ?? repository.Network.Remotes.FirstOrDefault()) is { Url: var url })
            values.Add(RunContextValue.Text("git.remote", RemoteUrl.WithoutUser(url)));
        if (repository.Info.IsBare)
            return values;

        // a store of this SDK below the working folder changes with every run, and is no change of the program
        var changes = repository.RetrieveStatus(Wanted).Where(c => !$"/{c.FilePath}".Contains("/.mlops/", StringComparison.Ordinal)).ToList();
        var untracked = changes.Count(c => c.State == FileStatus.NewInWorkdir);
        var changed = changes.Count(c => c.State is not (FileStatus.NewInWorkdir or FileStatus.Ignored or FileStatus.Unaltered));
        changed += repository.Submodules.Count(s => (s.RetrieveStatus() & Changed) != 0);
        values.Add(RunContextValue.Text("git.dirty", changed > 0 ? "true" : "false"));
        values.Add(RunContextValue.Number("git.changed_files", changed));
        values.Add(RunContextValue.Number("git.untracked_files", untracked));
        return values;
    }
}
