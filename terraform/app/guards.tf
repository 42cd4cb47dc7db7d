# Pins the state to its environment: another environment's values against it would replace this, which is refused.
# `make destroy` takes it out of the state first, when it has checked that it is the right one.
resource "terraform_data" "environment_pin" {
  input            = var.environment
  triggers_replace = [var.environment]

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = length(setintersection(keys(local.project_file.tags), ["Environment", "ManagedBy", "Project", "Stack"])) == 0
      error_message = "tags of environments/project.json are yours to add; Environment, ManagedBy, Project and Stack are set here: take them out."
    }
  }
}
