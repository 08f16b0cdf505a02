using Mlops.Metadata;

namespace Mlops.Git;

/// <summary>Switches git on.</summary>
public static class GitExtensions
{
    /// <summary>
    /// Notes on each run, under <c>git.commit</c>, <c>git.branch</c>, <c>git.dirty</c> (<c>true</c> if files that git knows differ from
    /// the commit, or a submodule has another one or changes of its own), <c>git.changed_files</c>, <c>git.untracked_files</c> and
    /// <c>git.remote</c>, what it was started from. Runs of one repository that start within five seconds share one look. Outside of a repository there is nothing to note.
    /// <c>Context.Without("git")</c> switches it off again.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <param name="folder">
    /// A folder of the repository; by default the current one when a run starts, or if that is in no repository, that of the program.
    /// </param>
    public static TOptions UseGit<TOptions>(this TOptions options, string? folder = null)
        where TOptions : class, IRunContextOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Context.Add(new GitContextProvider(folder));
        return options;
    }
}
