using Mlops.Metadata;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/search.md.</summary>
internal static class SearchSnippets
{
    public static async Task<(RunPage Page, RunPage Typed, ExperimentPage Vision, string Text)> SearchAsync(MlopsClient mlops)
    {
        #region search
        var page = await mlops.Runs.SearchAsync("metrics.auc > 0.6 AND params.model = 'a'", "metrics.auc DESC", limit: 10);

        var typed = await mlops.Runs.QueryAsync(new RunQuery
        {
            Filter = RunFilter.Metric("auc").IsGreater(0.6) & RunFilter.Param("model").Is("a"),
            OrderBy = [RunOrder.Metric("auc", descending: true)],
            Limit = 10,
        });

        var vision = await mlops.Experiments.SearchAsync("name LIKE 'vision/%'", "created DESC");
        var text = SearchLanguage.Runs.Format(RunFilter.EndTime.IsMissing() | !RunFilter.Tag("team").Is("ops"));
        #endregion

        return (page, typed, vision, text);
    }
}
