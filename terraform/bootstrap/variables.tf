variable "state_bucket_name" {
  description = "Name of the bucket that keeps the states, unique in all of AWS; `retailctl` gives it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_bucket_name))
    error_message = "\"${var.state_bucket_name}\" cannot name the bucket: use 3 to 63 lower-case letters, digits and hyphens, no hyphen at either end."
  }
}

variable "region" {
  description = "Region of the bucket; the same as `region` in `environments/*/backend.hcl`."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "\"${var.region}\" is no AWS region: give one such as us-east-1."
  }
}

variable "allowed_account_ids" {
  description = "Accounts that this may be applied to; empty: whichever the credentials belong to."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.allowed_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "An account id has 12 digits; not so: ${join(", ", [for id in var.allowed_account_ids : id if !can(regex("^[0-9]{12}$", id))])}."
  }
}

variable "build_days" {
  description = "Days that a build which was applied can still be rolled back to."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.build_days >= 1 && floor(var.build_days) == var.build_days
    error_message = "A build cannot be kept for ${var.build_days} days: choose a whole number from 1."
  }
}

variable "state_history_days" {
  description = "Days that an overwritten state can still be fetched."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.state_history_days >= 1 && floor(var.state_history_days) == var.state_history_days
    error_message = "An overwritten state cannot be kept for ${var.state_history_days} days: choose a whole number from 1."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete the bucket with all states in it. For a local cloud; in an account it would take the memory of every environment with it."
  type        = bool
  default     = false
  nullable    = false
}

variable "default_branch" {
  description = "Branch whose workflows may plan: the nightly look for drift, and the plan before an apply."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.default_branch))
    error_message = "default_branch is \"${var.default_branch}\"; give one branch's name, such as main, and no pattern."
  }
}

variable "environments" {
  description = "The environments that live in this account, with the region of each: CI gets roles for these. Null: all that environments/project.json lists, in `region`."
  type        = map(string)
  default     = null

  validation {
    condition     = var.environments == null ? true : length(var.environments) > 0 && alltrue([for region in values(var.environments) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "environments are at least one name with its region, such as { dev = \"us-east-1\" }; these have none: ${join(", ", [for name, region in coalesce(var.environments, {}) : name if !can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])}."
  }
}

variable "github_repository" {
  description = "Repository whose workflows plan and apply, as GitHub's tokens name it: owner@id/name@id, or owner/name where it was made before 15 July 2026 and never renamed or transferred since. `gh api repos/<owner>/<name>/actions/oidc/customization/sub` says which. Null: no roles for CI."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null ? true : can(regex("^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+|@[0-9]+/[A-Za-z0-9_.-]+@[0-9]+)$", var.github_repository))
    error_message = "\"${coalesce(var.github_repository, "none")}\" is no repository as GitHub's tokens name one: give owner@id/name@id or owner/name, whole and without *."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of the account's OIDC provider for GitHub, where it has one already: there can be one only. Null: it is made."
  type        = string
  default     = null
}
