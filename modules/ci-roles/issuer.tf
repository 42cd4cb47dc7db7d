# What the variables' validations ask of the issuer.
locals {
  github = "https://token.actions.githubusercontent.com"

  # github.com, also with an enterprise's own issuer below it, and GitHub Enterprise Server:
  # docs.github.com/en/enterprise-server/actions/reference/security/oidc.
  is_github = var.issuer == local.github || startswith(var.issuer, "${local.github}/") || endswith(var.issuer, "/_services/token")

  apply_pattern = local.is_github ? (
    "^repo:[A-Za-z0-9_.@-]+/[A-Za-z0-9_.@-]+:(pull_request|environment:[^*?:]+|ref:refs/(heads|tags)/[^*?:]+)$"
  ) : "^[^*?\\s]+$"

  # GitLab's tokens name the branch of a merge request, where GitHub's only say that it is one:
  # docs.gitlab.com/ci/secrets/id_token_authentication.
  plan_pattern = local.is_github ? local.apply_pattern : "^([^*?\\s]+|project_path:[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+:ref_type:branch:ref:\\*)$"

  form_of_subjects = local.is_github ? (
    "repo:<owner>@<id>/<name>@<id>: (or repo:<owner>/<name>:) and then pull_request, environment:<name> or ref:refs/heads/<branch>, without * or ?"
  ) : "as the issuer writes sub, such as project_path:<group>/<project>:ref_type:branch:ref:<branch>, without * or ?; only GitLab's plan_subjects may end with ref_type:branch:ref:*"
}
